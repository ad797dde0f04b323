import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { RekeyError } from "../shared/errors/rekey-error.ts";

export interface LoadResult {
  readonly perSecond: number;
  readonly p99Ms: number;
}

const msOf: Readonly<Record<string, number>> = { us: 0.001, ms: 1, s: 1_000 };

/** What wrk 4 prints with `--latency`. */
function resultIn(output: string): LoadResult {
  const [, perSecond] = /^Requests\/sec:\s+([\d.]+)/m.exec(output) ?? [];
  const [, value, unit = ""] = /^\s+99%\s+([\d.]+)(us|ms|s)$/m.exec(output) ?? [];
  if (perSecond === undefined || value === undefined || /Non-2xx|Socket errors/.test(output))
    throw new Error(`wrk did not measure:\n${output}`);
  return { perSecond: Number(perSecond), p99Ms: Number(value) * (msOf[unit] ?? Number.NaN) };
}

/**
 * Loads a URL with `wrk` on one thread: a generator written in JavaScript costs more for a request than what it measures, and
 * all servers then look alike. Errors: `option-invalid` where there is no wrk.
 */
export async function wrk(
  url: string,
  headers: Readonly<Record<string, string>>,
  connections: number,
  seconds: number,
): Promise<LoadResult> {
  const named = Object.entries(headers).flatMap(([name, value]) => ["-H", `${name}: ${value}`]);
  const words = ["-t1", `-c${connections}`, `-d${seconds}s`, "--latency", ...named, url];
  const { stdout } = await promisify(execFile)("wrk", words).catch((error: unknown) => {
    if (Reflect.get(Object(error), "code") !== "ENOENT") throw error;
    throw new RekeyError("option-invalid", {
      context: { option: "PATH", problem: "wrk is not there" },
      hint: "install wrk, such as by apt-get install wrk",
    });
  });
  return resultIn(stdout);
}
