import { styleText } from "node:util";

type Tone = Exclude<Parameters<typeof styleText>[0], readonly unknown[]>;
export type Say = (who: string, what: string, tone?: Tone) => void;

const startedMs = performance.now();
const services: Readonly<Record<string, Tone>> = { "orders-api": "cyan", "billing-api": "magenta" };

/** Prints what happens with the seconds since the start, until the demo is interrupted. */
export function narrator(interruption: AbortSignal): Say {
  return (who, what, tone) => {
    if (interruption.aborted) return;
    const seconds = ((performance.now() - startedMs) / 1000).toFixed(2);
    const time = styleText("dim", `${seconds.padStart(7)} s`);
    console.log(
      `${time}  ${styleText(services[who] ?? "bold", who.padEnd(11))}  ${tone === undefined ? what : styleText(tone, what)}`,
    );
  };
}

/** The service's name, out of the ARN of its secret. */
export const shortName = (arn: string): string => arn.replace(/^.*:secret:demo\/(.+)-[^-]+$/, "$1");
