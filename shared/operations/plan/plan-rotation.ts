import type { RotationDependencies } from "../../rotation/dependencies.ts";
import type { CallOptions } from "../../ports/call.ts";
import type { DatabaseEngine } from "../../ports/database-engine.ts";
import type { RotationStep } from "../../ports/rotation.ts";
import { rotate } from "../../rotation/rotate.ts";
import { rotationMemory } from "../../rotation/rotation-memory.ts";
import { rotationPolicy } from "../../rotation/rotation-policy.ts";
import { type PlannedAction, plannedEngine, plannedStore } from "./planned-ports.ts";

export interface RotationPlan {
  readonly secretArn: string;
  readonly strategy: string;
  readonly steps: readonly { readonly step: RotationStep; readonly actions: readonly PlannedAction[] }[];
  /** The form in which the server keeps the password afterwards, in words; absent where the engine has no choice. */
  readonly passwordHash?: string;
  /** Whether the engine never ran on a real server. */
  readonly isExperimental: boolean;
  /** When AWSCURRENT does not log in, in words. */
  readonly window: string;
}

export interface PlanPorts<Engine extends DatabaseEngine> {
  readonly rotation: Omit<RotationDependencies, "engine" | "strategies">;
  readonly engine: Engine;
  readonly strategiesOf: (engine: Engine) => RotationDependencies["strategies"];
}

const steps = ["createSecret", "setSecret", "testSecret", "finishSecret"] as const;
const versionId = "00000000-0000-4000-8000-000000000000";

const windows = {
  none: "none: both credentials log in",
  short: "milliseconds, inside finishSecret: from the change's commit to the promotion",
  long: "from setSecret's commit to finishSecret's promotion; rekey's pools bridge it with AWSPENDING",
} as const;

/**
 * What a healthy rotation would do now, step by step: the core's own steps run on ports that read but neither write nor
 * connect. Errors: what createSecret, or the comparison before a contact, would fail with.
 */
export async function planRotation<Engine extends DatabaseEngine>(
  ports: PlanPorts<Engine>,
  secretId: string,
  call: CallOptions,
): Promise<RotationPlan> {
  const { secretArn, tags } = await ports.rotation.store.describe(secretId, call);
  let actions: PlannedAction[] = [];
  const note = (action: PlannedAction): void => void actions.push(action);
  const engine = plannedEngine(ports.engine, note);
  const strategies = ports.strategiesOf(engine);
  let strategy = "";
  const deps: RotationDependencies = {
    ...ports.rotation,
    engine,
    strategies,
    store: plannedStore(ports.rotation.store, secretArn, versionId, note),
    publisher: {
      async publish(event) {
        note({ kind: "event", what: event.type });
        if (event.type === "Secret Rotated") ({ strategy } = event);
      },
    },
    memory: rotationMemory(),
  };
  const planned: { step: RotationStep; actions: readonly PlannedAction[] }[] = [];
  for (const step of steps) {
    actions = [];
    await rotate(deps, { step, secretId: secretArn, versionId }, { work: call, tell: call });
    planned.push({ step, actions });
  }
  const replaces = Object.values(strategies).find(({ name }) => name === strategy)?.replacesCurrent === true;
  const late = rotationPolicy(tags).changeAt === "finishSecret";
  return {
    secretArn,
    strategy,
    steps: planned,
    ...(engine.passwordHash === undefined
      ? {}
      : { passwordHash: engine.passwordHash(tags) ?? "the form that the user's password has now" }),
    isExperimental: engine.isExperimental === true,
    window: replaces ? (late ? windows.short : windows.long) : windows.none,
  };
}
