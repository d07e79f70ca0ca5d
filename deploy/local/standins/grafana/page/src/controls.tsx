// Above the panels: the variables, the time range and the refresh interval.
import { useEffect, useState } from "preact/hooks";
import { describeRange, formatTime, parseDuration, resolveRange, type TimeRange } from "./time";
import { Input, Select } from "./shared";
import { ALL, type VariableState } from "./variables";

/** Whether the focus has gone elsewhere on the page, so that what was opened closes. */
const hasLeft = ({ currentTarget, relatedTarget }: FocusEvent) => relatedTarget instanceof Node && !(currentTarget as Node).contains(relatedTarget);

const RANGES = ["5m", "15m", "30m", "1h", "3h", "6h", "12h", "24h", "2d", "7d", "30d"];
const REFRESHES = ["5s", "10s", "30s", "1m", "5m", "15m", "30m", "1h", "2h", "1d"];

export function TimePicker({ range, zone, onRange, onZone }: { range: TimeRange; zone: string; onRange: (range: TimeRange) => void; onZone: (zone: string) => void }) {
  const shown = (text: string) => (/^\d+$/.test(text) ? formatTime(Number(text), zone) : text);
  const [typed, setTyped] = useState(range);
  const [isOpen, setOpen] = useState(false);
  useEffect(() => setTyped({ from: shown(range.from), to: shown(range.to) }), [range.from, range.to, zone]);
  const isValid = resolveRange(typed, Date.now(), zone) !== undefined;
  const choose = (next: TimeRange) => {
    onRange(next);
    setOpen(false);
  };
  return (
    <details class="time-picker" open={isOpen} onToggle={(event) => setOpen((event.currentTarget as HTMLDetailsElement).open)}
      onKeyDown={(event) => event.key === "Escape" && setOpen(false)} onFocusOut={(event) => hasLeft(event) && setOpen(false)}>
      <summary><span class="for-readers">Time range: </span>{describeRange(range, zone)}{zone === "utc" ? " UTC" : ""}</summary>
      <div class="pop" tabIndex={-1}>
        <ul>{RANGES.map((span) => <li><button type="button" class="quiet" onClick={() => choose({ from: `now-${span}`, to: "now" })}>{describeRange({ from: `now-${span}`, to: "now" }, zone)}</button></li>)}</ul>
        <form onSubmit={(event) => { event.preventDefault(); if (isValid) choose(typed); }}>
          <Input label="From" value={typed.from} onValue={(from) => setTyped({ ...typed, from })} />
          <Input label="To" value={typed.to} onValue={(to) => setTyped({ ...typed, to })} />
          {!isValid && <p class="error" role="alert">Write times as now-6h, now/d or 2026-01-31 12:00, the earlier one first.</p>}
          <button>Apply time range</button>
          <Select label="Time zone" value={zone} onValue={onZone} choices={[{ value: "browser", text: "Browser time" }, { value: "utc", text: "UTC" }, ...(["browser", "utc"].includes(zone) ? [] : [{ value: zone, text: zone }])]} />
        </form>
      </div>
    </details>
  );
}

export function Refresh({ every, offered, onEvery, onNow }: { every: string; offered: string[] | undefined; onEvery: (every: string) => void; onNow: () => void }) {
  const ms = parseDuration(every);
  useEffect(() => {
    if (!ms) return undefined;
    const timer = setInterval(() => !document.hidden && onNow(), Math.max(5000, ms));
    return () => clearInterval(timer);
  });
  const choices = [...new Set([...(offered ?? REFRESHES), ...(every ? [every] : [])])];
  return (
    <div class="refresh">
      <button type="button" onClick={onNow}>Refresh</button>
      <Select label="Refresh every" value={every} onValue={onEvery} choices={[{ value: "", text: "Off" }, ...choices.map((one) => ({ value: one, text: one }))]} />
    </div>
  );
}

const close = ({ currentTarget }: Event) => ((currentTarget as HTMLDetailsElement).open = false);

function MultiChoice({ state: { variable, options, chosen }, onChoose }: { state: VariableState; onChoose: (values: string[]) => void }) {
  const [filter, setFilter] = useState("");
  const label = variable.label || variable.name;
  const all = variable.includeAll ? [{ value: ALL, text: "All" }] : [];
  const shown = options.filter(({ text }) => text.toLowerCase().includes(filter.toLowerCase())).slice(0, 200);
  const toggle = (value: string) => {
    const next = value === ALL ? [ALL] : chosen.includes(value) ? chosen.filter((one) => one !== value) : [...chosen.filter((one) => one !== ALL), value];
    onChoose(next.length > 0 ? next : variable.includeAll ? [ALL] : [value]);
  };
  const text = chosen.map((one) => (one === ALL ? "All" : (options.find(({ value }) => value === one)?.text ?? one))).join(" + ");
  return (
    <div class="field">
      <span aria-hidden="true">{label}</span>
      <details class="multi" onKeyDown={(event) => event.key === "Escape" && close(event)} onFocusOut={(event) => hasLeft(event) && close(event)}>
        <summary aria-label={`${label}: ${text || "None"}`}><span class="value">{text || "None"}</span></summary>
        <fieldset class="pop" tabIndex={-1}>
          <legend class="for-readers">{label}</legend>
          {options.length > 10 && <Input label="Filter" value={filter} onValue={setFilter} />}
          {[...all, ...shown].map(({ value, text: name }) => <label class="check"><input type="checkbox" checked={chosen.includes(value)} onChange={() => toggle(value)} />{name}</label>)}
        </fieldset>
      </details>
    </div>
  );
}

function Control({ state, onChoose }: { state: VariableState; onChoose: (values: string[]) => void }) {
  const { variable, options, chosen, error } = state;
  const label = variable.label || variable.name;
  if (error) return <p class="error" role="alert">Variable {label}: {error}</p>;
  if (variable.type === "textbox") return <label class="field"><span>{label}</span><input type="text" value={chosen[0] ?? ""} onChange={(event) => onChoose([event.currentTarget.value])} /></label>;
  if (variable.multi) return <MultiChoice state={state} onChoose={onChoose} />;
  const choices = [...(variable.includeAll ? [{ value: ALL, text: "All" }] : []), ...options];
  return <Select label={label} value={chosen[0] ?? ""} onValue={(value) => onChoose([value])} choices={choices.length > 0 ? choices : [{ value: "", text: "None" }]} />;
}

export function Variables({ states, onChoose }: { states: VariableState[]; onChoose: (name: string, values: string[]) => void }) {
  const shown = states.filter(({ variable, error }) => error || (variable.hide !== 2 && variable.type !== "constant"));
  if (shown.length === 0) return null;
  return <div class="variables" role="group" aria-label="Variables">{shown.map((state) => <Control key={state.variable.name} state={state} onChoose={(values) => onChoose(state.variable.name, values)} />)}</div>;
}

