import { RekeyError } from "../errors/reading-error.ts";
import { type Clock, eventLoopClock } from "./clock.ts";
import { processBudget, type RequestBudget } from "./cache/request-budget.ts";
import type { SecretSource } from "./sources/secret-source.ts";

export interface SecretClientOptions {
  readonly source: SecretSource;
  /** How long a value is served without asking. 300,000. */
  readonly ttlMs?: number;
  /** How long after that a value may still be served while the source fails. 3,600,000. */
  readonly maxStaleMs?: number;
  /** The same once the source says access denied: rights may have been taken away. 60,000. */
  readonly maxDeniedMs?: number;
  /**
   * How long a source may lag behind an event. Within this time an older answer is not kept as confirmed, and the source is
   * asked again; after it the source is believed. 4,000.
   */
  readonly lagBudgetMs?: number;
  /** For one request to the source. 3,000. */
  readonly requestTimeoutMs?: number;
  /** Secrets kept; the one unused for the longest time goes first. 1,000. */
  readonly maxSecrets?: number;
  /** An estimate of what the kept secrets take. 67,108,864. */
  readonly maxBytes?: number;
  /** For requests to the source. One for the whole process: 100 a second and 200 at once, those over it wait. */
  readonly budget?: RequestBudget;
  /** After an event, a secret that nobody reads is asked for at some moment within this time; a read asks at once. 1,000. */
  readonly spreadMs?: number;
  /**
   * Whether requests may run while nobody waits for them. `false` where a process is frozen between its requests: a value
   * past its time is then asked for before it is served. By default it is on everywhere but on AWS Lambda.
   */
  readonly background?: boolean;
  /** On each of its metrics, to tell the clients of one process apart. Never a secret's id. None. */
  readonly metricAttributes?: Readonly<Record<string, string>>;
  /** For tests and simulations. */
  readonly clock?: Clock;
  /** Numbers from 0 up to 1, for all jitter. For simulations. `Math.random`. */
  readonly random?: () => number;
}

export type Settings = Required<Omit<SecretClientOptions, "metricAttributes">> &
  Pick<SecretClientOptions, "metricAttributes">;

const numbers = [
  "ttlMs",
  "maxStaleMs",
  "maxDeniedMs",
  "lagBudgetMs",
  "requestTimeoutMs",
  "maxSecrets",
  "maxBytes",
  "spreadMs",
] as const;

/** Errors: `option-invalid`. */
export function settingsOf(options: SecretClientOptions): Settings {
  if (typeof options?.source?.read !== "function") {
    const context = { option: "source", problem: "it has no function read" };
    throw new RekeyError("option-invalid", { context, hint: "give a source, such as awsSource()" });
  }
  const settings: Settings = {
    ttlMs: 300_000,
    maxStaleMs: 3_600_000,
    maxDeniedMs: 60_000,
    lagBudgetMs: 4_000,
    requestTimeoutMs: 3_000,
    maxSecrets: 1_000,
    maxBytes: 64 * 1024 * 1024,
    budget: options.budget ?? processBudget(),
    spreadMs: 1_000,
    background: process.env["AWS_LAMBDA_FUNCTION_NAME"] === undefined,
    clock: options.clock ?? eventLoopClock(),
    random: Math.random,
    ...options,
  };
  for (const option of numbers) {
    if (!(settings[option] >= 0)) throw new RekeyError("option-invalid", { context: { option } });
  }
  return settings;
}
