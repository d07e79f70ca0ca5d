const OPTIONS: Intl.DateTimeFormatOptions = {
  weekday: "short",
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

/**
 * Says every time within `root` in the zone of this device; what it is in the programme's stays in its tooltip. The end of
 * something is said in both zones.
 */
export function showTimes(root: ParentNode): void {
  for (const element of root.querySelectorAll<HTMLTimeElement>("time[datetime]:not([title], [data-both])")) {
    const instant = new Date(element.dateTime);
    if (Number.isNaN(instant.getTime())) continue;
    const before = element.textContent ?? "";
    if (element.dataset["ends"] === undefined) {
      const text = write(instant, element.dataset["seconds"] !== undefined);
      if (text === before) continue;
      element.title = `${before}, in the programme's zone`;
      element.textContent = text;
    } else {
      element.dataset["both"] = "";
      const zone = nameOf(instant);
      if (before.endsWith(` ${zone}`)) continue;
      const own = document.createElement("span");
      own.className = "own-time";
      own.textContent = `${write(instant, false)} for you`;
      element.append(" ", own);
    }
  }
}

/** A time as the pages write it, in the zone of this device. */
function write(instant: Date, isExact: boolean): string {
  const parts = Object.fromEntries((isExact ? formatSeconds : format).formatToParts(instant).map((part) => [part.type, part.value]));
  const day = `${parts["weekday"]} ${parts["day"]} ${parts["month"]} ${parts["year"]}`;
  return `${day}, ${parts["hour"]}:${parts["minute"]}${isExact ? `:${parts["second"]}` : ""} ${parts["timeZoneName"]}`;
}

/** The name of the zone of this device there and then. */
function nameOf(instant: Date): string | undefined {
  return format.formatToParts(instant).find((part) => part.type === "timeZoneName")?.value;
}
