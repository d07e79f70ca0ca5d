// A heatmap of classic histogram buckets: each series is a bucket whose name is its upper end.
import { useEffect, useRef } from "preact/hooks";
import { isDark, mix } from "../colors";
import { alignSeries } from "../frames";
import { type Frame, isRecord } from "../model";
import { type Bounds, formatTime } from "../time";

interface Props { title: string; frames: Frame[]; options: Record<string, unknown>; bounds: Bounds; zone: string }

/** How much fell into each bucket at each time; cumulative buckets lose what the lower ones hold. */
export function readBuckets(frames: Frame[]): { times: number[]; buckets: { name: string; counts: number[] }[] } {
  const { times, series } = alignSeries(frames);
  const ends = series.map(({ field, values }) => ({ name: field.labels?.["le"] ?? field.config.displayName ?? field.name, values }));
  const isCumulative = series.every(({ field }) => field.labels?.["le"] !== undefined);
  const sorted = ends.toSorted((a, b) => Number(a.name.replace("+Inf", "Infinity")) - Number(b.name.replace("+Inf", "Infinity")));
  return { times, buckets: sorted.map(({ name, values }, at) => ({ name, counts: values.map((value, time) => Math.max(0, (value ?? 0) - (isCumulative && at > 0 ? (sorted[at - 1]!.values[time] ?? 0) : 0))) })) };
}

export function Heatmap({ title, frames, options, bounds, zone }: Props) {
  const place = useRef<HTMLCanvasElement>(null);
  const { times, buckets } = readBuckets(frames);
  const most = Math.max(1e-12, ...buckets.flatMap(({ counts }) => counts));
  const fill = isRecord(options["color"]) && typeof options["color"]["fill"] === "string" ? "#FF9830" : "#5794F2";
  useEffect(() => {
    const canvas = place.current!;
    const draw = () => {
      [canvas.width, canvas.height] = [canvas.clientWidth * devicePixelRatio, canvas.clientHeight * devicePixelRatio];
      const context = canvas.getContext("2d")!;
      const step = Math.min(...times.slice(1).map((time, at) => time - times[at]!), bounds.to - bounds.from);
      const scale = canvas.width / (bounds.to - bounds.from);
      const height = canvas.height / buckets.length;
      buckets.forEach(({ counts }, row) => counts.forEach((count, at) => {
        if (count <= 0) return;
        context.fillStyle = mix(isDark() ? "#22252b" : "#f0f0f4", fill, Math.sqrt(count / most));
        context.fillRect((times[at]! - bounds.from) * scale, canvas.height - (row + 1) * height, Math.max(1, step * scale - (step * scale > 6 ? 1 : 0)), Math.max(1, height - 1));
      }));
    };
    const watch = new ResizeObserver(draw);
    watch.observe(canvas);
    return () => watch.disconnect();
  }, [frames, bounds.from, bounds.to, isDark()]);
  return (
    <div class="heatmap">
      <ul aria-hidden="true">{buckets.toReversed().map(({ name }) => <li>{name}</li>)}</ul>
      <canvas ref={place} role="img" aria-label={`Heatmap ${title}: ${buckets.length} buckets from ${buckets[0]?.name ?? ""} to ${buckets.at(-1)?.name ?? ""}`} />
      <p aria-hidden="true"><span>{formatTime(bounds.from, zone)}</span><span>{formatTime(bounds.to, zone)}</span></p>
    </div>
  );
}
