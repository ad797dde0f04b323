import { isRekeyError, RekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions } from "../../ports/call.ts";
import type { SecretStore } from "../../ports/secret-store.ts";
import { eventStream } from "../campaign/event-stream.ts";
import { eachAtOnce } from "../fleet/at-once.ts";
import { fleet } from "../fleet/fleet-page.ts";
import type { FleetFilter } from "../../ports/secret-administration.ts";
import type { FleetPorts } from "../fleet/fleet-ports.ts";
import type { SecretSummary } from "../fleet/secret-summary.ts";
import type { Account, Concurrency, DeadLetters } from "../../ports/account.ts";
import type { MirrorProbe } from "../../ports/mirror.ts";
import { checkConcurrency, checkDeadLetters } from "./check-account.ts";
import { examineDelivery } from "./check-delivery.ts";
import { doctor, type DoctorPorts } from "./doctor.ts";
import { type CheckResult, failedCheck } from "./check-results.ts";
import { managedUsers, usersByFunction, type UsersOf } from "./managed-users.ts";
import { avoidLockout } from "./avoid-lockout.ts";
import { defined } from "../../secrets/defined.ts";

export interface ExaminationPorts extends Pick<FleetPorts, "listing" | "nowMs"> {
  readonly store: Pick<SecretStore, "describe" | "read">;
  readonly account: Account;
  readonly mirror?: MirrorProbe;
  readonly deadLetters?: DeadLetters;
  readonly concurrency?: Concurrency;
  /** Whose functions deliver the secrets that others manage. */
  readonly stack: string;
  /** What one secret's rotation is made of. Its errors are findings of that secret. */
  readonly rotationFor: (secretArn: string, call: CallOptions) => Promise<DoctorPorts["rotation"]>;
}

export type Examination =
  | { readonly of: "set-up"; readonly findings: readonly CheckResult[] }
  | {
      readonly of: "secret";
      readonly secretArn: string;
      readonly name: string;
      readonly findings: readonly CheckResult[];
    };

/** Each opens a few connections, and logs in to a database. */
const examinedAtOnce = 4;
const defaultLimitMs = 60_000;
/** After the time is up, what was found before can still be reported for this long. */
const graceMs = 1_000;

/** What the caller may not see is the same for all secrets of a function. */
const ofSetUp: ReadonlySet<CheckResult["code"]> = new Set(["function-cannot-be-seen", "iam-cannot-be-seen"]);

/** Whatever the work does with its signal, there is an answer soon after the time is up. Errors: `time-budget-spent`. */
async function within<Result>(
  limitMs: number,
  { signal }: CallOptions,
  work: (call: CallOptions) => Promise<Result>,
): Promise<Result> {
  const isOver = AbortSignal.timeout(limitMs + graceMs);
  const limited = { signal: AbortSignal.any([signal, AbortSignal.timeout(limitMs)]) };
  const over = new Promise<never>((_resolve, reject) => {
    isOver.addEventListener("abort", () => reject(new RekeyError("time-budget-spent", { context: { limitMs } })));
  });
  return Promise.race([work(limited), over]);
}

const failureOf = (error: unknown): CheckResult => {
  if (isRekeyError(error)) return failedCheck(error);
  const name = error instanceof Error ? error.name : typeof error;
  return failedCheck(new RekeyError("internal-fault", { context: { name } }));
};

/**
 * Examines every managed secret that matches the filter as `doctor` does, four at a time, and yields each when it is done.
 * What concerns no single secret is yielded once, as the set-up: a mirror that cannot be reached or logged in to, which is not
 * asked again for each secret; dead letters; the account's concurrency; what the caller may not see. What fails for one secret,
 * or takes longer than 60 s, is in its results. A credential that a server refuses is offered to it once, however many secrets
 * share it. Changes nothing. It ends early, without an error, when the caller's signal fires or the iteration is left.
 * Errors: those of the listing.
 */
export function examineFleet(
  ports: ExaminationPorts,
  filter: FleetFilter,
  caller: CallOptions,
  limitMs = defaultLimitMs,
): AsyncGenerator<Examination> {
  const { mirror, account, deadLetters, concurrency } = ports;
  return eventStream<Examination>(async (tell, call) => {
    const told = new Set<string>();
    const careful = avoidLockout();
    const tellSetUp = (found: readonly CheckResult[]): void => {
      const findings = found.filter((one) => !told.has(JSON.stringify(one)));
      for (const one of findings) told.add(JSON.stringify(one));
      if (findings.length > 0 && !call.signal.aborted) tell({ of: "set-up", findings });
    };
    const unlessFailed = async <Answer>(ask: (one: CallOptions) => Promise<Answer>): Promise<Answer | undefined> => {
      try {
        return await within(limitMs, call, ask);
      } catch (error) {
        tellSetUp([failureOf(error)]);
        return undefined;
      }
    };

    async function examine(
      { secretArn, name, managedBy }: SecretSummary,
      shared: { readonly users: UsersOf; readonly mirror?: MirrorProbe },
    ): Promise<void> {
      let found: readonly CheckResult[];
      try {
        found = await within(limitMs, call, async (one) => {
          const { store, stack } = ports;
          if (managedBy !== undefined) return examineDelivery({ store, stack, account, ...shared }, secretArn, one);
          const rotation = await ports.rotationFor(secretArn, one);
          const engine = careful(rotation.engine);
          return doctor({ rotation: { ...rotation, engine }, account, ...shared }, secretArn, one);
        });
      } catch (error) {
        found = [failureOf(error)];
      }
      if (call.signal.aborted) return;
      tellSetUp(found.filter(({ code }) => ofSetUp.has(code)));
      tell({ of: "secret", secretArn, name, findings: found.filter(({ code }) => !ofSetUp.has(code)) });
    }

    const claims = managedUsers();
    const usersOf = usersByFunction(ports, claims);
    const users: UsersOf = async (functionArn) =>
      (await unlessFailed(async (one) => usersOf(functionArn, one))) ?? claims;
    const [reached] = await Promise.all([
      mirror === undefined ? undefined : unlessFailed(async (one) => mirror.logIn(one).then(() => mirror)),
      deadLetters === undefined
        ? undefined
        : unlessFailed(async (one) => tellSetUp(await checkDeadLetters(deadLetters, one))),
      concurrency === undefined
        ? undefined
        : unlessFailed(async (one) => tellSetUp(await checkConcurrency(concurrency, one))),
    ]);
    const shared = { users, ...defined({ mirror: reached }) };
    const examineOne = async (secret: SecretSummary): Promise<void> =>
      secret.health === "deleted" ? undefined : examine(secret, shared);
    try {
      await eachAtOnce(examinedAtOnce, fleet(ports, filter, call), examineOne, () => call.signal.aborted);
    } catch (error) {
      if (!call.signal.aborted) throw error;
    }
  }, caller);
}
