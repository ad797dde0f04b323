const escaped: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

export const escapeText = (text: string): string => text.replaceAll(/[&<>"]/g, (character) => escaped[character] ?? "");

/** An element with its attributes; what is inside it is markup already. */
export function element(name: string, attributes: Readonly<Record<string, string | number>>, inside = ""): string {
  const written = Object.entries(attributes).map(
    ([key, value]) =>
      ` ${key}="${escapeText(typeof value === "number" ? String(Math.round(value * 100) / 100) : value)}"`,
  );
  return `<${name}${written.join("")}>${inside}</${name}>`;
}

export const label = (
  text: string,
  at: { readonly x: number; readonly y: number; readonly class?: string; readonly "text-anchor"?: string },
): string => element("text", at, escapeText(text));

export interface Chart {
  readonly title: string;
  /** What it shows, in a sentence: for those who do not see it. */
  readonly description: string;
  readonly height: number;
  readonly body: string;
}

export const chartWidth = 760;

/** Colors for light and dark, distinct for color-blind readers, too. */
const style = [
  "svg{font:13px system-ui,sans-serif;background:#fff;color:#1b1f24}text{fill:currentColor}",
  ".title{font-weight:600;font-size:15px}.quiet{fill:#59636e;font-size:12px}.line{fill:none;stroke-width:2.5}",
  ".grid{stroke:#d1d9e0}.a{stroke:#0969da;fill:#0969da}.b{stroke:#bc4c00;fill:#bc4c00}.limit{stroke:#cf222e;stroke-width:1.5;stroke-dasharray:6 4}",
  ".line.a,.line.b{fill:none}.track{fill:#eaeef2}",
  "@media(prefers-color-scheme:dark){svg{background:#0d1117;color:#e6edf3}.quiet{fill:#9198a1}.grid{stroke:#3d444d}",
  ".a{stroke:#4493f8;fill:#4493f8}.b{stroke:#f0883e;fill:#f0883e}.limit{stroke:#f85149}.track{fill:#212830}}",
].join("");

/** One picture of the charts, one below the other. */
export function picture(charts: readonly Chart[]): string {
  let y = 0;
  const placed = charts.map(({ title, description, height, body }) => {
    const inside = element("title", {}, escapeText(title)) + element("desc", {}, escapeText(description));
    const heading = label(title, { x: 16, y: 26, class: "title" });
    const group = element("g", { transform: `translate(0 ${y})`, role: "img" }, inside + heading + body);
    y += height;
    return group;
  });
  return element(
    "svg",
    { xmlns: "http://www.w3.org/2000/svg", viewBox: `0 0 ${chartWidth} ${y}`, width: chartWidth, height: y },
    element("style", {}, style) + placed.join("\n"),
  );
}
