import { type Chart, chartWidth, element, label } from "./svg.ts";

export interface Bar {
  readonly name: string;
  readonly value: number;
  /** The value with its unit. */
  readonly text: string;
}

const left = 270;
const right = 110;
const rowHeight = 28;

/** Horizontal bars, a row each; `full` is the length of the track, by default the greatest value. */
export function barChart(options: {
  readonly title: string;
  readonly description: string;
  readonly bars: readonly Bar[];
  readonly full?: number;
}): Chart {
  const { title, description, bars } = options;
  const full = options.full ?? Math.max(...bars.map(({ value }) => value));
  const track = chartWidth - left - right;
  const rows = bars.map(({ name, value, text }, row) => {
    const y = 44 + row * rowHeight;
    const box = { x: left, y, height: 16, rx: 3 };
    const share = full > 0 ? Math.min(1, value / full) : 0;
    return [
      label(name, { x: left - 10, y: y + 13, "text-anchor": "end" }),
      element("rect", { ...box, width: track, class: "track" }),
      element("rect", { ...box, width: value > 0 ? Math.max(1, share * track) : 0, class: value > full ? "b" : "a" }),
      label(text, { x: left + track + 10, y: y + 13 }),
    ].join("");
  });
  return { title, description, height: 60 + bars.length * rowHeight, body: rows.join("\n") };
}
