export type Say = (who: string, what: string) => void;

const startedMs = performance.now();

/** Prints what happens with the seconds since the start, until the demo is interrupted. */
export function narrator(interruption: AbortSignal): Say {
  return (who, what) => {
    if (interruption.aborted) return;
    const seconds = ((performance.now() - startedMs) / 1000).toFixed(2);
    console.log(`${seconds.padStart(7)} s  ${who.padEnd(11)}  ${what}`);
  };
}

/** The service's name, out of the ARN of its secret. */
export const shortName = (arn: string): string => arn.replace(/^.*:secret:demo\/(.+)-[^-]+$/, "$1");
