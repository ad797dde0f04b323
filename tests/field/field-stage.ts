import { afterAll, beforeAll } from "vitest";
import type { StrategyName } from "../../shared/rotation/rotation-policy.ts";
import { doctor } from "../../shared/operations/doctor/doctor.ts";
import type { ExaminedRotation } from "../../shared/operations/doctor/rehearsed-engine.ts";
import { codes } from "../../shared/errors/codes.ts";
import type {
  Account,
  EngineFixture,
  EngineServer,
  SecretFields,
  Variant,
} from "../../shared/testing/engine-contract/fixture.ts";
import { type Stage, startStage } from "../../shared/testing/engine-contract/stage.ts";

export interface FieldCase {
  readonly strategy: StrategyName;
  readonly usesAdmin?: boolean;
  readonly tags?: Variant["tags"];
  readonly fields?: SecretFields;
  readonly account?: Partial<Account>;
  /** Puts the situation on the server, once the user and its secret are there. */
  readonly situate?: (account: Account) => Promise<void>;
}

/** What a user sees of one rotation. */
export interface Seen {
  readonly secretId: string;
  readonly account: Account;
  /** `error` findings of the doctor, before the rotation. */
  readonly foretold: readonly string[];
  /** Its warnings. */
  readonly warned: readonly string[];
  /** How the steps failed, each once; empty: rotated. */
  readonly codes: readonly string[];
  readonly hints: readonly string[];
  /** Whether AWSCURRENT logs in afterwards. */
  readonly logsIn: boolean;
}

export const rotated = { foretold: [], codes: [], logsIn: true } as const;
/** The doctor told of it, nothing was changed, and AWSCURRENT still logs in. */
export const refusedAs = (code: string) => ({ foretold: [code], codes: [code], logsIn: true });

export interface FieldStage {
  readonly stage: Stage;
  /**
   * Makes the account and its secret, asks the doctor, rotates. Throws where the two disagree: a step may fail only with a
   * code that the doctor has told of, unless it is one that passes by itself; and the doctor tells of no error that is none.
   */
  rotate(one: FieldCase): Promise<Seen>;
  stop(): Promise<void>;
}

/** Secrets of a real server behind the local Secrets Manager, rotated by rekey's own steps. */
export async function startFieldStage(
  fixture: EngineFixture,
  server: EngineServer,
  strategiesOn: (engine: never) => Pick<ExaminedRotation, "strategies">,
): Promise<FieldStage> {
  const stage = await startStage(fixture, server);
  return {
    stage,
    async rotate({ strategy, usesAdmin = strategy === "alternating-users", tags, fields, account, situate }) {
      const variant: Variant = { strategy, usesAdmin, ...(tags === undefined ? {} : { tags }) };
      const made = await stage.newSecret(variant, { ...account, ...(fields === undefined ? {} : { fields }) });
      await situate?.(made.account);
      const strategiesOf: ExaminedRotation["strategiesOf"] = (engine) => strategiesOn(engine as never).strategies;
      const rotation = { ...stage.containers.dependencies(), strategiesOf };
      const findings = await doctor({ rotation }, made.id, { signal: AbortSignal.timeout(60_000) });
      const foretold = findings.filter(({ severity }) => severity === "error").map(({ code }) => code);
      const before = stage.outcomes.length;
      await stage.rotate(made.id);
      const failed = stage.outcomes.slice(before).filter(({ code }) => code !== undefined);
      const seen: Seen = {
        secretId: made.id,
        account: made.account,
        foretold: [...new Set(foretold)],
        warned: findings
          .filter(
            ({ severity, code }) => severity === "warning" && !["rotation-off", "tls-not-verified"].includes(code),
          )
          .map(({ code }) => code),
        codes: [...new Set(failed.map(({ code = "" }) => code))],
        hints: [...new Set(failed.map(({ hint = "" }) => hint))],
        logsIn: await stage.logsIn(made.id, "AWSCURRENT"),
      };
      const untold = seen.codes.filter((code) => !seen.foretold.includes(toldAs[code] ?? code) && isLasting(code));
      if (untold.length > 0)
        throw new Error(`the doctor did not tell of ${untold.join(", ")}: ${JSON.stringify(seen)}`);
      if (seen.codes.length === 0 && foretold.length > 0)
        throw new Error(`the doctor told of ${foretold.join(", ")}, and the rotation went well`);
      return seen;
    },
    stop: async () => stage.stop(),
  };
}

/** That nothing logs in is told as AWSCURRENT's refusal: the doctor offers no earlier version, since each could lock the user. */
const toldAs: Readonly<Record<string, string>> = { "credential-orphaned": "credential-refused" };

/** A cause that stands until somebody does something. */
const isLasting = (code: string): boolean => code in codes && codes[code as keyof typeof codes].disposition !== "retry";

/** What the tests of a `describe` block share: it starts before them, and stops after them. */
export function duringTests<Stage extends { stop(): Promise<void> }>(start: () => Promise<Stage>): Stage {
  let started: Stage | undefined;
  beforeAll(async () => {
    started = await start();
  }, 120_000);
  afterAll(async () => started?.stop());
  return new Proxy({} as Stage, { get: (_none, name): unknown => Reflect.get(started ?? {}, name) });
}
