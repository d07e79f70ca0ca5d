const EVERY_MS = 1000;

/**
 * While an author writes, a page says which edition of the content it shows; it is loaded anew, at the same place, when the
 * server has another.
 */
export function startAuthoring(): void {
  const edition = document.querySelector<HTMLElement>("[data-edition]")?.dataset["edition"];
  if (edition) void follow(edition);
}

async function follow(edition: string): Promise<void> {
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
    if (document.hidden) continue;
    try {
      const answer = await fetch("/content/edition");
      if (answer.ok && (await answer.text()) !== edition) return location.reload();
    } catch {
      // The server is away for a moment, as it is while it is built anew.
    }
  }
}
