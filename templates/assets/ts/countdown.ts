/** How far this device's clock is behind the server's, in milliseconds. */
const offset = (() => {
  const now = document.querySelector<HTMLMetaElement>('meta[name="now"]')?.content;
  return now ? Date.parse(now) - Date.now() : 0;
})();

/** Keeps every `[data-countdown]` saying how long is left until its instant, by the server's clock. */
export function startCountdowns(): void {
  tick();
  setInterval(tick, 1000);
}

function tick(): void {
  for (const element of document.querySelectorAll<HTMLElement>("[data-countdown]")) {
    const end = Date.parse(element.dataset["countdown"] || element.getAttribute("datetime") || "");
    if (Number.isNaN(end)) continue;
    const text = formatSeconds(Math.max(0, Math.ceil((end - Date.now() - offset) / 1000)));
    if (element.textContent !== text) element.textContent = text;
  }
}

/** Seconds only when they matter: in the last five minutes. */
function formatSeconds(seconds: number): string {
  if (seconds < 300) return `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, "0")} s`;
  const minutes = Math.ceil(seconds / 60);
  const hours = Math.floor(minutes / 60);
  const days = Math.floor(hours / 24);
  if (days > 1) return `${days} days ${hours % 24} h`;
  if (hours === 0) return `${minutes} min`;
  return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
}
