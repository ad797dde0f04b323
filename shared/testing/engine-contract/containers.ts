import { inspect } from "node:util";
import type { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import type { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { RekeyError } from "../../errors/rekey-error.ts";
import { eventBridgePublisher } from "../../aws/eventbridge/event-publisher.ts";
import type { RotationDependencies } from "../../rotation/dependencies.ts";
import type { RotationGrants } from "../../rotation/grants.ts";
import type { RotationRequest } from "../../ports/rotation.ts";
import { rotate } from "../../rotation/rotate.ts";
import { rotationMemory } from "../../rotation/rotation-memory.ts";
import { generatePassword } from "../../secrets/password.ts";
import { secretsManagerStore } from "../../aws/secrets-manager/secret-store.ts";
import type { EngineFixture } from "./fixture.ts";

/** How one invocation of one step ended. */
export interface StepOutcome {
  readonly step: RotationRequest["step"];
  /** The error's code, or `undefined` when it succeeded. */
  readonly code: string | undefined;
  readonly hint: string | undefined;
}

/** The rotation function's containers: one lives on while its steps succeed, and is cold again after a failure. */
export interface Containers {
  /** What a cold container works with. */
  dependencies(): RotationDependencies;
  /** Runs the step in the living container, or in so many cold ones at once; the first success counts. */
  invoke(request: RotationRequest): Promise<StepOutcome>;
  /** How many invocations of each step there are at once. */
  atOnce: number;
  /** Whether a step finds a container that knows its rotation. */
  warm: boolean;
  /** Every password that was generated. */
  readonly generated: readonly string[];
  /** Reports and errors, as a log would show them. */
  readonly printed: readonly string[];
}

interface Clients {
  readonly secretsManager: SecretsManagerClient;
  readonly eventBridge: EventBridgeClient;
  readonly grants: RotationGrants;
  readonly now: () => number;
}

/** Far more than any step may need, as in a function's largest time-out: a code other than `time-budget-spent` came before. */
const invocationMs = 60_000;

export function createContainers({ engine, strategies }: EngineFixture, clients: () => Clients): Containers {
  const generated: string[] = [];
  const printed: string[] = [];
  let living: RotationDependencies | undefined;

  function cold(): RotationDependencies {
    const { secretsManager, eventBridge, grants, now } = clients();
    return {
      store: secretsManagerStore(secretsManager),
      publisher: eventBridgePublisher(eventBridge, "rekey"),
      engine,
      strategies,
      defaultStrategy: "single-user",
      grants,
      generatePassword(policy) {
        const password = generatePassword(policy);
        generated.push(password.reveal());
        return password;
      },
      memory: rotationMemory(),
      nowMs: now,
      report: (message, facts) => printed.push(JSON.stringify({ message, ...facts })),
    };
  }

  async function run(deps: RotationDependencies, request: RotationRequest): Promise<StepOutcome> {
    const call = { signal: AbortSignal.timeout(invocationMs) };
    try {
      await rotate(deps, request, { work: call, tell: call });
      return { step: request.step, code: undefined, hint: undefined };
    } catch (error) {
      printed.push(inspect(error, { depth: 9, showHidden: true }));
      if (error instanceof RekeyError) return { step: request.step, code: error.code, hint: error.hint };
      return { step: request.step, code: `not a RekeyError: ${String(error)}`, hint: undefined };
    }
  }

  const containers: Containers = {
    dependencies: cold,
    atOnce: 1,
    warm: true,
    generated,
    printed,
    async invoke(request) {
      const inLiving = containers.atOnce === 1 && containers.warm;
      const deps = Array.from({ length: containers.atOnce }, () => (inLiving ? (living ??= cold()) : cold()));
      const outcomes = await Promise.all(deps.map(async (one) => run(one, request)));
      const best = outcomes.find(({ code }) => code === undefined) ?? outcomes[0];
      if (best === undefined) throw new Error("nothing was invoked");
      if (best.code !== undefined) living = undefined;
      return best;
    },
  };
  return containers;
}

const prefixLength = 12;

/** Which of these passwords stand in the text; one look at each place, however many passwords there are. */
export function findPasswords(text: string, passwords: readonly string[]): readonly string[] {
  const byPrefix = new Map(passwords.map((password) => [password.slice(0, prefixLength), password]));
  const found = new Set<string>();
  for (let at = 0; at + prefixLength <= text.length; at++) {
    const password = byPrefix.get(text.slice(at, at + prefixLength));
    if (password !== undefined && text.startsWith(password, at)) found.add(password);
  }
  return [...found];
}
