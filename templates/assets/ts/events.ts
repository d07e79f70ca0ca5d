import { refresh } from "./live";

/** How long to wait before asking again after the page could not be read. */
const RETRY_MS = 2000;

let source: EventSource | undefined;

/**
 * Refreshes the page's live elements as soon as the server tells that something of them changed. An element with `data-events`
 * names the address of these events, and `data-events-page` that of the page. They are listened to while the page is looked at.
 * What is shown from a page of its own, such as the namespace, is told of by an event that names its id.
 */
export function startEvents(): void {
  listen();
  document.addEventListener("visibilitychange", listen);
  // An element that was taken over may have begun or ceased to have events.
  document.addEventListener("live", listen);
}

function listen(): void {
  const element = document.querySelector<HTMLElement>("[data-events][data-events-page]");
  const { events, eventsPage: page } = element?.dataset ?? {};
  if (!events || !page || document.hidden) {
    source?.close();
    source = undefined;
    return;
  }
  if (source && source.readyState !== EventSource.CLOSED) return;
  source = new EventSource(events);
  source.addEventListener("recorded", () => void read(page));
  source.addEventListener("changed", (event: MessageEvent<string>) => document.dispatchEvent(new CustomEvent(`changed-${event.data}`)));
}

async function read(page: string): Promise<void> {
  try {
    await refresh(page);
  } catch {
    setTimeout(() => void refresh(page).catch(() => undefined), RETRY_MS);
  }
}
