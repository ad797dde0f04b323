import { generatePassword } from "../secrets/password.ts";
import type { RotationDependencies } from "../rotation/dependencies.ts";
import type { DatabaseEngine, RotationRequest } from "../rotation/ports.ts";
import { parseRotationRequest } from "../rotation/request.ts";
import { rotate, type RotationWiring } from "../rotation/rotate.ts";
import { rotationMemory } from "../rotation/rotation-memory.ts";
import { environmentPublisher, environmentStore } from "./aws-clients.ts";
import { environmentCa } from "./environment-ca.ts";
import { environmentOf } from "./environment.ts";
import { lambda } from "./lambda.ts";
import { type Facts, warn } from "./logger.ts";
import { rotationGrants } from "./rotation-grants.ts";
import { passwordTags } from "./password-tags.ts";
import { invocationCalls } from "./time-budget.ts";

function logFacts(event: unknown): Facts {
  try {
    const { step, secretId, versionId }: RotationRequest = parseRotationRequest(event);
    return { step, secret: secretId, version: versionId };
  } catch {
    return {};
  }
}

export type RotationStrategies = Pick<RotationDependencies, "strategies"> &
  Partial<Pick<RotationDependencies, "defaultStrategy">>;

/**
 * The Lambda handler of one engine's rotation function, wired from the environment: `EVENT_BUS_NAME`,
 * `REKEY_TLS_CA`, the grants (`rotationGrants`), `SECRETS_MANAGER_ENDPOINT`, and the password variables of AWS's samples.
 */
export function rotationFunction(
  engine: DatabaseEngine,
  { strategies, defaultStrategy = "single-user" }: RotationStrategies,
  variables: Readonly<Record<string, string | undefined>>,
): ReturnType<typeof lambda<unknown, undefined>> {
  const environment = environmentOf(variables);
  const store = environmentStore(environment);
  const deps: RotationWiring = {
    store,
    publisher: environmentPublisher(environment),
    engine,
    strategies,
    defaultStrategy,
    defaultTags: passwordTags(environment),
    grants: rotationGrants(environment),
    readTlsCa: environmentCa(environment, "REKEY_TLS_CA", store),
    generatePassword,
    memory: rotationMemory(),
    nowMs: Date.now,
    report: warn,
  };
  return lambda(logFacts, async (event, context) => {
    const outcome = await rotate(deps, parseRotationRequest(event), invocationCalls(context));
    return { answer: undefined, facts: { outcome } };
  });
}
