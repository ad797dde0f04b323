import { setTimeout as wait } from "node:timers/promises";
import { AwsError } from "./service.ts";

/** What a fault may look at to decide. */
export interface FaultCandidate {
  /** The name in the credential scope: `secretsmanager`, `events`, `sqs`, `sns`, `lambda`. */
  readonly service: string;
  readonly operation: string;
  /** The caller's ARN, or a service principal such as `events.amazonaws.com` for deliveries inside AWS. */
  readonly principal: string;
  /** What the request was signed with; none for deliveries inside AWS. Each container of a function has its own. */
  readonly accessKeyId?: string;
}

export type FaultEffect =
  /** The connection breaks and nothing happened. */
  | { readonly kind: "refuse" }
  /** The call takes effect, then the connection breaks before its answer. */
  | { readonly kind: "cut" }
  | { readonly kind: "throttle" }
  /** Answers this error in place of the call; `InternalServiceError` with status 500 when none is given. */
  | { readonly kind: "error"; readonly error?: AwsError }
  /** The call is held back for so long, in real time, and then goes on. */
  | { readonly kind: "delay"; readonly delayMs: number }
  /** The call takes effect, and its answer is held back for so long: by then it may tell what was. Not for deliveries. */
  | { readonly kind: "late"; readonly delayMs: number };

export type FaultRule = FaultEffect & {
  /** Undefined: any service, any operation, any call. */
  readonly service?: string;
  readonly operation?: string;
  readonly when?: (candidate: FaultCandidate) => boolean;
  /** The k-th matching call from now on, counted from 1; undefined: every one. */
  readonly nth?: number;
};

export interface InjectedFault {
  /** How many calls matched so far, struck or not. */
  readonly matched: number;
  readonly struck: number;
  remove(): void;
}

export interface Faults {
  inject(rule: FaultRule): InjectedFault;
  /** Removes every rule. */
  clear(): void;
  /**
   * Counts a call, waits out delays, throws for `throttle` and `error`; tells how the connection must break, or how long the
   * answer is held back.
   */
  strike(candidate: FaultCandidate): Promise<"refuse" | "cut" | { readonly lateMs: number } | undefined>;
}

interface Armed {
  readonly rule: FaultRule;
  matched: number;
  struck: number;
}

const isMeant = ({ service, operation, when }: FaultRule, candidate: FaultCandidate): boolean =>
  (service === undefined || service === candidate.service) &&
  (operation === undefined || operation === candidate.operation) &&
  (when === undefined || when(candidate));

const internalError = (): AwsError =>
  new AwsError("InternalServiceError", "An error occurred on the server side.", 500);

/** Faults that tests inject; each strikes the calls that it names, and only those. */
export function createFaults(): Faults {
  const armed = new Set<Armed>();
  return {
    inject(rule) {
      const entry: Armed = { rule, matched: 0, struck: 0 };
      armed.add(entry);
      return {
        get matched() {
          return entry.matched;
        },
        get struck() {
          return entry.struck;
        },
        remove: () => void armed.delete(entry),
      };
    },
    clear: () => armed.clear(),
    async strike(candidate) {
      const struck: FaultRule[] = [];
      for (const entry of armed) {
        if (!isMeant(entry.rule, candidate)) continue;
        entry.matched += 1;
        if (entry.rule.nth !== undefined && entry.rule.nth !== entry.matched) continue;
        entry.struck += 1;
        struck.push(entry.rule);
      }
      for (const rule of struck) {
        if (rule.kind === "delay") await wait(rule.delayMs);
        else if (rule.kind === "throttle") throw new AwsError("ThrottlingException", "Rate exceeded");
        else if (rule.kind === "error") throw rule.error ?? internalError();
        else return rule.kind === "late" ? { lateMs: rule.delayMs } : rule.kind;
      }
      return undefined;
    },
  };
}
