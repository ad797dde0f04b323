import { type Chart, chartWidth, element, label } from "./svg.ts";

export interface Series {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
  /** Dots are what was simulated. */
  readonly as: "line" | "dots" | "limit";
}

export interface Axis {
  readonly scale: "linear" | "log";
  readonly from: number;
  readonly to: number;
  readonly text: (value: number) => string;
  readonly name: string;
  readonly marks?: readonly number[];
}

const plot = { left: 90, top: 70, width: chartWidth - 90 - 30, height: 210 };

const along = ({ scale, from, to }: Axis, value: number): number => {
  const share = scale === "linear" ? (value - from) / (to - from) : Math.log(value / from) / Math.log(to / from);
  return Math.min(1, Math.max(0, share));
};

/** By default five on a linear axis, one for each power of ten on a logarithmic one. */
function ticks({ scale, from, to, marks }: Axis): readonly number[] {
  if (marks !== undefined) return marks;
  if (scale === "linear") return [0, 0.25, 0.5, 0.75, 1].map((share) => from + share * (to - from));
  const [first, last] = [Math.ceil(Math.log10(from) - 1e-9), Math.floor(Math.log10(to) + 1e-9)];
  return Array.from({ length: last - first + 1 }, (_, power) => 10 ** (first + power));
}

const classes = ["a", "b"];

export function lineChart(options: {
  readonly title: string;
  readonly description: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly series: readonly Series[];
}): Chart {
  const { title, description, x, y, series } = options;
  const across = (value: number): number => plot.left + along(x, value) * plot.width;
  const up = (value: number): number => plot.top + (1 - along(y, value)) * plot.height;
  const bottom = plot.top + plot.height;
  const grid = [
    ...ticks(y).map(
      (tick) =>
        element("line", { x1: plot.left, x2: plot.left + plot.width, y1: up(tick), y2: up(tick), class: "grid" }) +
        label(y.text(tick), { x: plot.left - 8, y: up(tick) + 4, class: "quiet", "text-anchor": "end" }),
    ),
    ...ticks(x).map((tick) =>
      label(x.text(tick), { x: across(tick), y: bottom + 18, class: "quiet", "text-anchor": "middle" }),
    ),
    label(x.name, { x: plot.left + plot.width / 2, y: bottom + 38, class: "quiet", "text-anchor": "middle" }),
    label(y.name, { x: 16, y: plot.top - 10, class: "quiet" }),
  ];
  const drawn = series.map(({ points, as }, index) => {
    const colour = as === "limit" ? "limit" : (classes[index % classes.length] ?? "a");
    if (as === "dots") {
      return points
        .map(([at, value]) => element("circle", { cx: across(at), cy: up(value), r: 4.5, class: colour }))
        .join("");
    }
    const path = points.map(([at, value]) => `${across(at).toFixed(1)},${up(value).toFixed(1)}`).join(" ");
    return element("polyline", { points: path, class: `line ${colour}` });
  });
  const key = series.map(({ name, as }, index) => {
    const at = { x: plot.left + index * 210, y: 42 };
    const colour = as === "limit" ? "limit" : (classes[index % classes.length] ?? "a");
    const sign =
      as === "dots"
        ? element("circle", { cx: at.x + 10, cy: at.y, r: 4.5, class: colour })
        : element("line", { x1: at.x, x2: at.x + 22, y1: at.y, y2: at.y, class: `line ${colour}` });
    return sign + label(name, { x: at.x + 28, y: at.y + 4, class: "quiet" });
  });
  return { title, description, height: bottom + 60, body: [...grid, ...drawn, ...key].join("\n") };
}
