/** Where the page's host has marked the browser, and wants the frame led to. */
const ADDRESS = /^\/labs\/web\/[a-z0-9-]+\?entry=[0-9a-f]{64}&path=[A-Za-z0-9%]*$/;

/** Shows a web page of the lab inside the lab's own page, where its button asks for it. */
export function startWebPages(): void {
  const panel = document.querySelector<HTMLElement>("#web-page");
  const frame = panel?.querySelector("iframe");
  if (!panel || !frame) return;
  const shown = new ShownPage(panel, frame);
  document.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-show-page]") : null;
    if (button) shown.open(button.dataset["showPage"] ?? "", button.dataset["title"] ?? "");
  });
  panel.querySelector("button")?.addEventListener("click", () => shown.close());
  addEventListener("message", (event) => {
    if (event.source === frame.contentWindow) shown.lead(event.data);
  });
}

class ShownPage {
  readonly #panel: HTMLElement;
  readonly #frame: HTMLIFrameElement;
  /** The address that asked for it, for the focus to go back to its button. */
  #address = "";
  #isLed = false;

  constructor(panel: HTMLElement, frame: HTMLIFrameElement) {
    this.#panel = panel;
    this.#frame = frame;
  }

  open(address: string, title: string): void {
    const heading = this.#panel.querySelector<HTMLElement>("h2");
    const link = this.#panel.querySelector<HTMLAnchorElement>("a");
    if (!heading || !link) return;
    heading.textContent = title;
    link.href = address;
    this.#frame.title = title;
    this.#address = address;
    this.#isLed = false;
    this.#panel.hidden = false;
    // Replaced, so that the browser's own way back leads out of the lab and not through the frame.
    this.#frame.contentWindow?.location.replace(address);
    heading.focus({ preventScroll: true });
    this.#panel.scrollIntoView({ block: "nearest" });
  }

  /** Goes on where the page's host says, once: what is shown later in the frame is the learner's own. */
  lead(told: unknown): void {
    const address = typeof told === "object" && told !== null && "labPage" in told ? String(told.labPage) : "";
    if (this.#isLed || !ADDRESS.test(address)) return;
    this.#isLed = true;
    this.#frame.contentWindow?.location.replace(address);
  }

  close(): void {
    this.#isLed = true;
    this.#panel.hidden = true;
    this.#frame.contentWindow?.location.replace("about:blank");
    document.querySelector<HTMLElement>(`[data-show-page="${CSS.escape(this.#address)}"]`)?.focus();
  }
}
