import type { CallOptions } from "./call.ts";

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

/**
 * What the doctor asks of the account around a secret. `undefined`: the caller may not ask.
 *
 * @example
 * ```ts
 * const mayRead = async (account: Account, roleArn: string, resourceArn: string, call: CallOptions) =>
 *   (await account.deniedActions(roleArn, { actions: ["secretsmanager:GetSecretValue"], resourceArn, conditions: {} }, call))
 *     ?.length === 0;
 * ```
 */
export interface Account {
  rotationFunction(functionArn: string, call: CallOptions): Promise<FunctionFacts | undefined>;
  /** Those of the actions that the role may not do. */
  deniedActions(roleArn: string, intent: Intent, call: CallOptions): Promise<readonly string[] | undefined>;
  /** The secrets with rotation enabled, `limit` at most, each with the function that rotates it. */
  rotatedSecrets(limit: number, call: CallOptions): Promise<readonly RotatedSecret[] | undefined>;
}

/**
 * How many invocations the account's functions without a reservation may have at once. `undefined`: the caller may not ask.
 *
 * @example
 * ```ts
 * const isShort = async (unreserved: Concurrency, call: CallOptions) => ((await unreserved(call)) ?? 1_000) < 100;
 * ```
 */
export type Concurrency = (call: CallOptions) => Promise<number | undefined>;

/**
 * The set-up's dead-letter queues that are not empty. `undefined`: the caller may not ask.
 *
 * @example
 * ```ts
 * const waiting = async (deadLetters: DeadLetters, call: CallOptions) =>
 *   (await deadLetters(call))?.reduce((sum, { messages }) => sum + messages, 0);
 * ```
 */
export type DeadLetters = (
  call: CallOptions,
) => Promise<readonly { readonly queueArn: string; readonly messages: number }[] | undefined>;

export interface Subscription {
  /** None while its owner has not confirmed it: SNS forgets such a subscription by itself. */
  readonly subscriptionArn?: string;
  readonly protocol: string;
  readonly endpoint: string;
}

/**
 * The topic that a stack's events are published on. Errors: `access-denied`, `aws-refused`, `time-budget-spent`.
 *
 * @example
 * ```ts
 * const endAll = async (topic: Topic, call: CallOptions) => {
 *   for (const { subscriptionArn } of await topic.subscriptions(call))
 *     if (subscriptionArn !== undefined) await topic.unsubscribe(subscriptionArn, call);
 * };
 * ```
 */
export interface Topic {
  /** None where there is no such topic. */
  subscriptions(call: CallOptions): Promise<readonly Subscription[]>;
  /** Idempotent. */
  unsubscribe(subscriptionArn: string, call: CallOptions): Promise<void>;
}

/** What deleting a stack leaves, or is stopped by. */
export interface StackRemains {
  /** Resources that the template keeps. */
  readonly kept: readonly { readonly type: string; readonly name: string }[];
  /** Rules of others on the stack's bus, which cannot be deleted before they are. */
  readonly foreignRules: readonly string[];
}

/**
 * `undefined`: the caller may not ask, or there is no such stack.
 *
 * @example
 * ```ts
 * const mayBeDeleted = async (remains: Remains, call: CallOptions) => (await remains(call))?.foreignRules.length === 0;
 * ```
 */
export type Remains = (call: CallOptions) => Promise<StackRemains | undefined>;

/**
 * Whether a function of that ARN is there. Errors: `access-denied`, `aws-refused`, `time-budget-spent`.
 *
 * @example
 * ```ts
 * const none: FunctionPresence = async () => false;
 * ```
 */
export type FunctionPresence = (functionArn: string, call: CallOptions) => Promise<boolean>;
