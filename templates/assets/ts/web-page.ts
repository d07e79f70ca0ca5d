/** Where the page's host has marked the browser, and wants the frame led to. */
const ADDRESS = /^\/labs\/web\/[a-z0-9-]+\?entry=[0-9a-f]{64}&path=[A-Za-z0-9%]*$/;

/** What the page of a lab may do: its own scripts and forms, but not lead the lab's page elsewhere. */
const ALLOWED =
  "allow-scripts allow-same-origin allow-forms allow-popups allow-popups-to-escape-sandbox allow-downloads allow-modals";

/** Shows a web page of the lab inside the lab's own page, where its button asks for it. */
export function startWebPages(): void {
  const panel = document.querySelector<HTMLElement>("#web-page");
  if (!panel) return;
  // Elsewhere browsers keep no cookie for a frame; and a policy has no name for an IPv6 address.
  document.documentElement.classList.toggle("frames-pages", isSecureContext && !location.hostname.startsWith("["));
  const shown = new ShownPage(panel);
  document.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-show-page]") : null;
    if (button) shown.open(button.dataset["showPage"] ?? "", button.dataset["title"] ?? "");
  });
  panel.querySelector("button")?.addEventListener("click", () => shown.close());
  document.addEventListener("live", () => shown.look());
  addEventListener("message", (event) => shown.lead(event));
}

class ShownPage {
  readonly #panel: HTMLElement;
  /** Made for each page anew: an empty frame is of the lab's own origin, which browsers warn about. */
  #frame: HTMLIFrameElement | null = null;
  /** The address that asked for it, for the focus to go back to its button. */
  #address = "";
  #isLed = true;

  constructor(panel: HTMLElement) {
    this.#panel = panel;
  }

  open(address: string, title: string): void {
    const heading = this.#panel.querySelector<HTMLElement>("h2");
    const link = this.#panel.querySelector<HTMLAnchorElement>("a");
    if (!heading || !link) return;
    heading.textContent = title;
    link.href = address;
    this.#address = address;
    this.#isLed = false;
    this.#panel.hidden = false;
    this.#show(address, title);
    heading.focus({ preventScroll: true });
    this.#panel.scrollIntoView({ block: "nearest" });
  }

  /** A frame that is new adds nothing to the browser's own way back, which leads out of the lab. */
  #show(address: string, title: string): void {
    const frame = document.createElement("iframe");
    frame.title = title;
    frame.setAttribute("sandbox", ALLOWED);
    frame.referrerPolicy = "no-referrer";
    frame.src = address;
    this.#frame?.remove();
    this.#panel.append(frame);
    this.#frame = frame;
  }

  /** Goes on where the page's host says, once: what is shown later in the frame is the learner's own. */
  lead({ source, data: told }: MessageEvent<unknown>): void {
    if (!this.#frame || source !== this.#frame.contentWindow) return;
    const address = typeof told === "object" && told !== null && "labPage" in told ? String(told.labPage) : "";
    const name = this.#address.split("/").at(-1) ?? "";
    if (this.#isLed || !ADDRESS.test(address) || !address.startsWith(`/labs/web/${name}--`)) return;
    this.#isLed = true;
    this.#frame.contentWindow?.location.replace(address);
  }

  /** Closes with the lab, whose next session has the page at another address. */
  look(): void {
    const isListed = document.querySelector(`#web-pages a[href="${CSS.escape(this.#address)}"]`) !== null;
    if (!this.#panel.hidden && !isListed) this.close();
  }

  close(): void {
    const hadFocus = this.#panel.contains(document.activeElement);
    this.#isLed = true;
    this.#panel.hidden = true;
    this.#frame?.remove();
    this.#frame = null;
    const address = CSS.escape(this.#address);
    const places = [`[data-show-page="${address}"]`, `#web-pages a[href="${address}"]`, "#tab-pages"];
    const found = places.map((place) => document.querySelector<HTMLElement>(place)).find((place) => place !== null);
    if (hadFocus) found?.focus();
  }
}
