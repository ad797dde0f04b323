import { styleText } from "node:util";

const steps: readonly (readonly [string, string])[] = [
  ["Watch and rotate in the web console", "npm run demo -- --keep"],
  ["Follow one rotation, step by step", "docs/how-it-works.md"],
  ["Deploy rekey to your AWS account", "docs/quick-start.md"],
  ["Use the client in your service", "docs/reference/client.md"],
];

/** What a reader can do once the demo has ended. */
export function nextSteps(): string {
  const width = Math.max(...steps.map(([what]) => what.length));
  const lines = steps.map(([what, where]) => `  ${what.padEnd(width)}  ${styleText("cyan", where)}`);
  return ["", styleText("bold", "Next steps"), "", ...lines].join("\n");
}
