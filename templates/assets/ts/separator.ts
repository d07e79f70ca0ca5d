import { readPreference, writePreference } from "./preferences";

const KEY = "lab-split";
/** The share of the guide in percent. */
const FIRST = 42;
const [LEAST, MOST] = [25, 75];
const [STEP, LARGE_STEP] = [2, 10];

/** Lets the separator between guide and tools be moved by mouse, touch and keys; where it stands is remembered. */
export function startSeparator(lab: HTMLElement): void {
  const separator = lab.querySelector<HTMLElement>(".lab-separator");
  if (!separator) return;
  separator.hidden = false;
  const place = (share: number): void => {
    const kept = Math.round(Math.min(MOST, Math.max(LEAST, share)));
    lab.style.setProperty("--split", String(kept));
    separator.setAttribute("aria-valuenow", String(kept));
    separator.setAttribute("aria-valuetext", `${kept} % for the guide`);
  };
  const now = (): number => Number(separator.getAttribute("aria-valuenow")) || FIRST;
  place(Number(readPreference(KEY)) || FIRST);
  separator.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const step = event.shiftKey ? LARGE_STEP : STEP;
    const next = { ArrowLeft: now() - step, ArrowRight: now() + step, Home: LEAST, End: MOST, Enter: FIRST }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    place(next);
    writePreference(KEY, String(now()));
  });
  separator.addEventListener("dblclick", () => {
    place(FIRST);
    writePreference(KEY, String(FIRST));
  });
  separator.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    separator.setPointerCapture(event.pointerId);
    for (const element of [lab, separator]) element.dataset["moving"] = "";
  });
  separator.addEventListener("pointermove", (event) => {
    if (!separator.hasPointerCapture(event.pointerId)) return;
    const { left, width } = lab.getBoundingClientRect();
    if (width > 0) place(((event.clientX - left) / width) * 100);
  });
  separator.addEventListener("lostpointercapture", () => {
    for (const element of [lab, separator]) delete element.dataset["moving"];
    writePreference(KEY, String(now()));
  });
}
