const EVERY_MS = 1000;

/**
 * While an author writes, a page says which revision of the content it shows; it is loaded again, at the same scroll position,
 * when the server has another.
 */
export function startAuthoring(): void {
  const revision = document.querySelector<HTMLElement>("[data-revision]")?.dataset["revision"];
  if (revision) void follow(revision);
}

async function follow(revision: string): Promise<void> {
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
    if (document.hidden) continue;
    try {
      const answer = await fetch("/content/revision");
      if (answer.ok && (await answer.text()) !== revision) return location.reload();
    } catch {
      // The server is away for a moment, as it is while it is built anew.
    }
  }
}
