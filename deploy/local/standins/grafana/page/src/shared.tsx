// What the pages share: going from one to another, loading, and labelled fields.
import { Component, type ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { explain } from "./api";

let mayLeave: () => boolean = () => true;

/** Asks before somebody leaves a page with changes that are not saved. */
export function useLeaveGuard(isDirty: boolean) {
  useEffect(() => {
    if (!isDirty) return undefined;
    const warn = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener("beforeunload", warn);
    mayLeave = () => confirm("There are changes that are not saved. Leave without saving?");
    return () => {
      removeEventListener("beforeunload", warn);
      mayLeave = () => true;
    };
  }, [isDirty]);
}

export function go(address: string, { replace = false, force = false } = {}) {
  if (!force && !replace && !mayLeave()) return;
  history[replace ? "replaceState" : "pushState"](null, "", address);
  dispatchEvent(new Event("app:went"));
}

/** The address as it changes. */
export function useAddress(): URL {
  const [href, setHref] = useState(location.href);
  useEffect(() => {
    const follow = () => setHref(location.href);
    const click = (event: MouseEvent) => {
      const link = (event.target as Element).closest?.("a");
      if (
        !link ||
        link.target ||
        link.origin !== location.origin ||
        event.button !== 0 ||
        event.ctrlKey ||
        event.metaKey ||
        event.shiftKey ||
        event.altKey ||
        link.hasAttribute("download") ||
        link.getAttribute("href")?.startsWith("#")
      )
        return;
      event.preventDefault();
      go(link.href);
    };
    addEventListener("popstate", follow);
    addEventListener("app:went", follow);
    document.addEventListener("click", click);
    return () => {
      removeEventListener("popstate", follow);
      removeEventListener("app:went", follow);
      document.removeEventListener("click", click);
    };
  }, []);
  return new URL(href);
}

export function useScheme(): string {
  const query = matchMedia("(prefers-color-scheme: dark)");
  const [isDark, setDark] = useState(query.matches);
  useEffect(() => {
    const follow = () => setDark(query.matches);
    query.addEventListener("change", follow);
    return () => query.removeEventListener("change", follow);
  }, []);
  return isDark ? "dark" : "light";
}

export interface Loaded<T> {
  data?: T;
  error?: string;
  reload: () => void;
}

export function useLoad<T>(load: () => Promise<T>, needs: unknown[]): Loaded<T> {
  const [state, setState] = useState<{ data?: T; error?: string }>({});
  const [count, setCount] = useState(0);
  useEffect(() => {
    let isCurrent = true;
    load().then(
      (data) => isCurrent && setState({ data }),
      (fault: unknown) => isCurrent && setState({ error: explain(fault) }),
    );
    return () => {
      isCurrent = false;
    };
  }, [...needs, count]);
  return { ...state, reload: () => setCount(count + 1) };
}

export function Page({ title, children }: { title: string; children: ComponentChildren }) {
  useEffect(() => {
    document.title = `${title} · Grafana stand-in`;
  }, [title]);
  return (
    <div class="page">
      <h1>{title}</h1>
      {children}
    </div>
  );
}

/** Says what could not be drawn, so that one faulty panel does not take the page with it. */
export class Boundary extends Component<{ what: string; children: ComponentChildren }, { fault?: string }> {
  static override getDerivedStateFromError(fault: unknown) {
    return { fault: explain(fault) };
  }

  override render() {
    return this.state.fault === undefined ? (
      this.props.children
    ) : (
      <p class="error" role="alert">
        {this.props.what} could not be drawn: {this.state.fault}
      </p>
    );
  }
}

export const ErrorText = ({ text }: { text: string | undefined }) =>
  text ? (
    <p class="error" role="alert">
      {text}
    </p>
  ) : null;

interface FieldProps {
  label: string;
  value: string | number;
  onValue: (value: string) => void;
  type?: "text" | "password" | "number" | "search" | "url";
  required?: boolean;
  autocomplete?: string;
  list?: string;
  min?: string;
  max?: string;
  step?: string;
  placeholder?: string;
}
export function Input({ label, onValue, type = "text", ...rest }: FieldProps) {
  return (
    <label class="field">
      <span>{label}</span>
      <input {...({ type, ...rest } as object)} onInput={(event) => onValue(event.currentTarget.value)} />
    </label>
  );
}

export function Area({ label, value, onValue, rows = 4 }: { label: string; value: string; onValue: (value: string) => void; rows?: number }) {
  return (
    <label class="field wide">
      <span>{label}</span>
      <textarea rows={rows} spellcheck={false} value={value} onInput={(event) => onValue(event.currentTarget.value)} />
    </label>
  );
}

export interface Choice {
  value: string;
  text: string;
}
export function Select({ label, value, choices, onValue }: { label: string; value: string; choices: Choice[]; onValue: (value: string) => void }) {
  return (
    <label class="field">
      <span>{label}</span>
      <select value={value} onChange={(event) => onValue(event.currentTarget.value)}>
        {choices.map(({ value: one, text }) => (
          <option value={one} selected={one === value}>
            {text}
          </option>
        ))}
      </select>
    </label>
  );
}
