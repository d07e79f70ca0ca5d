const OPTIONS: Intl.DateTimeFormatOptions = {
  day: "numeric",
  month: "long",
  year: "numeric",
  hour: "2-digit",
  minute: "2-digit",
  hourCycle: "h23",
  timeZoneName: "short",
};
const format = new Intl.DateTimeFormat("en-GB", OPTIONS);
const formatSeconds = new Intl.DateTimeFormat("en-GB", { ...OPTIONS, second: "2-digit" });

/** Says every time within `root` in the zone of this device; what it is in the programme's stays in its tooltip. */
export function showTimes(root: ParentNode): void {
  for (const element of root.querySelectorAll<HTMLTimeElement>("time[datetime]:not([title])")) {
    const instant = new Date(element.dateTime);
    if (Number.isNaN(instant.getTime())) continue;
    const isExact = element.dataset["seconds"] !== undefined;
    const parts = Object.fromEntries((isExact ? formatSeconds : format).formatToParts(instant).map((part) => [part.type, part.value]));
    const text = `${parts["day"]} ${parts["month"]} ${parts["year"]}, ${parts["hour"]}:${parts["minute"]}${isExact ? `:${parts["second"]}` : ""} ${parts["timeZoneName"]}`;
    if (text === element.textContent) continue;
    element.title = `${element.textContent}, in the programme's zone`;
    element.textContent = text;
  }
}
