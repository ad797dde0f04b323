import { readFileSync } from "node:fs";

/** GitHub's colors, so that the picture is part of the page around it. */
const themes = {
  light: {
    ink: "#1f2328",
    muted: "#59636e",
    box: "#f6f8fa",
    line: "#d1d9e0",
    accent: "#0969da",
    "on-accent": "#ffffff",
  },
  dark: {
    ink: "#f0f6fc",
    muted: "#9198a1",
    box: "#151b23",
    line: "#3d444d",
    accent: "#4493f8",
    "on-accent": "#0d1117",
  },
} as const;

const read = (file: string): string => readFileSync(new URL(file, import.meta.url), "utf8");

/** An image of a page does not know the page's theme, so each theme has its own file. */
function themed(source: string, theme: Readonly<Record<string, string>>): string {
  return source.replace(/var\(--([a-z-]+)\)/gu, (_, name: string) => {
    const color = theme[name];
    if (color === undefined) throw new Error(`flow.svg uses --${name}, which no theme has`);
    return color;
  });
}

/** The text of every picture that is drawn from a source, by its path in this folder. */
export async function drawPictures(): Promise<Readonly<Record<string, string>>> {
  const flow = read("flow.svg");
  return {
    "flow-light.svg": themed(flow, themes.light),
    "flow-dark.svg": themed(flow, themes.dark),
  };
}
