import type { ITheme } from "@xterm/xterm";

const LIGHT: ITheme = {
  black: "#132a33",
  red: "#a12428",
  green: "#1b6746",
  yellow: "#755000",
  blue: "#0d5566",
  magenta: "#a61c5f",
  cyan: "#0b6a72",
  white: "#dcdfdb",
  brightBlack: "#596b73",
  brightRed: "#b8363a",
  brightGreen: "#227a54",
  brightYellow: "#8a6000",
  brightBlue: "#14708a",
  brightMagenta: "#bd3577",
  brightCyan: "#12808a",
  brightWhite: "#fbfaf6",
};

const DARK: ITheme = {
  black: "#25373f",
  red: "#f7a8a0",
  green: "#8ad6ab",
  yellow: "#e9c77c",
  blue: "#7fcadb",
  magenta: "#f095c1",
  cyan: "#8adfd8",
  white: "#e5edef",
  brightBlack: "#94a7ae",
  brightRed: "#ffc1ba",
  brightGreen: "#aee6c6",
  brightYellow: "#f3dba3",
  brightBlue: "#b2e2ec",
  brightMagenta: "#f8bbd8",
  brightCyan: "#b4efe9",
  brightWhite: "#ffffff",
};

/** The page's colours as a theme of the terminal. */
export function themeOf(element: HTMLElement): ITheme {
  const style = getComputedStyle(element);
  const selected = document.documentElement.dataset["theme"];
  const isDark = selected === "dark" || (selected !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  return {
    ...(isDark ? DARK : LIGHT),
    background: style.backgroundColor,
    foreground: style.color,
    cursor: style.color,
    cursorAccent: style.backgroundColor,
    selectionBackground: isDark ? "#31515e" : "#c6dbe1",
  };
}
