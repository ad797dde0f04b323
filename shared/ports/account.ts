import type { CallOptions } from "./database-engine.ts";

export interface FunctionFacts {
  readonly timeoutMs: number;
  readonly roleArn: string;
  readonly environment: ReadonlyMap<string, string>;
}

export interface RotatedSecret {
  readonly secretArn: string;
  /** None where a service of AWS rotates it by itself. */
  readonly functionArn?: string | undefined;
}

/** What a role is to do. */
export interface Intent {
  readonly actions: readonly string[];
  readonly resourceArn: string;
  /** Condition keys of the call, with their values. */
  readonly conditions: Readonly<Record<string, string>>;
}

/** What the doctor asks of the account around a secret. `undefined`: the caller may not ask. */
export interface Account {
  rotationFunction(functionArn: string, call: CallOptions): Promise<FunctionFacts | undefined>;
  /** Those of the actions that the role may not do. */
  deniedActions(roleArn: string, intent: Intent, call: CallOptions): Promise<readonly string[] | undefined>;
  /** The secrets with rotation enabled, `limit` at most, each with the function that rotates it. */
  rotatedSecrets(limit: number, call: CallOptions): Promise<readonly RotatedSecret[] | undefined>;
}

/** How many invocations the account's functions without a reservation may have at once. `undefined`: the caller may not ask. */
export type Concurrency = (call: CallOptions) => Promise<number | undefined>;

/** What the doctor asks of the mirror; nothing is written. */
export interface MirrorProbe {
  /** Reaches it and logs in. Errors: `mirror-unavailable`, `mirror-unauthorized`, `tls-refused`, `option-invalid`. */
  logIn(call: CallOptions): Promise<void>;
  /** Errors: `mirror-unavailable`, `mirror-unauthorized`, `mirror-foreign`, `mirror-path-invalid`, `tls-refused`. */
  probe(
    secret: { readonly secretArn: string; readonly secretName: string; readonly tags: ReadonlyMap<string, string> },
    call: CallOptions,
  ): Promise<{ readonly path: string; readonly mayWrite: boolean }>;
}

/** The set-up's dead-letter queues that are not empty. `undefined`: the caller may not ask. */
export type DeadLetters = (
  call: CallOptions,
) => Promise<readonly { readonly queueArn: string; readonly messages: number }[] | undefined>;
