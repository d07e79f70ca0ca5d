let region: HTMLElement | undefined;

/** Says `text` to screen readers without moving the focus. */
export function announce(text: string): void {
  if (!region) {
    region = document.createElement("div");
    region.className = "visually-hidden";
    region.setAttribute("role", "status");
    document.body.append(region);
  }
  // Emptied first, so that the same sentence said twice is heard twice.
  region.textContent = "";
  const target = region;
  setTimeout(() => (target.textContent = text), 100);
}
