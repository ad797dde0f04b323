import { generatePassword } from "../secrets/password.ts";
import type { RotationDependencies } from "../rotation/dependencies.ts";
import type { DatabaseEngine } from "../ports/database-engine.ts";
import type { RotationRequest } from "../ports/rotation.ts";
import { parseRotationRequest } from "../rotation/request.ts";
import { rotate, type RotationWiring } from "../rotation/rotate.ts";
import { accountIn } from "../rotation/secret-name.ts";
import { rotationMemory } from "../rotation/rotation-memory.ts";
import { accountStores, wayTo } from "./account-stores.ts";
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
 * The Lambda handler of one engine's rotation function, wired from the environment: `EVENT_BUS_NAME`, `REKEY_TLS_CA`, the
 * grants (`rotationGrants`), `SECRETS_MANAGER_ENDPOINT`, `REKEY_ACCOUNT_ROLES`, `REKEY_ACCOUNT_EXTERNAL_ID`, and the password variables of AWS's samples.
 */
export function rotationFunction(
  engine: DatabaseEngine,
  { strategies, defaultStrategy = "single-user" }: RotationStrategies,
  variables: Readonly<Record<string, string | undefined>>,
): ReturnType<typeof lambda<unknown, undefined>> {
  const environment = environmentOf(variables);
  const own = environmentStore(environment);
  const others = accountStores(environment);
  const deps: Omit<RotationWiring, "store"> = {
    publisher: environmentPublisher(environment),
    engine,
    strategies,
    defaultStrategy,
    defaultTags: passwordTags(environment),
    grants: rotationGrants(environment),
    readTlsCa: environmentCa(environment, "REKEY_TLS_CA", own),
    generatePassword,
    memory: rotationMemory(),
    nowMs: Date.now,
    report: warn,
  };
  return lambda(logFacts, async (event, context) => {
    const request = parseRotationRequest(event);
    const way = wayTo(request.secretId, own, accountIn(context.invokedFunctionArn), others);
    const outcome = await rotate({ ...deps, ...way }, request, invocationCalls(context));
    return { answer: undefined, facts: { outcome } };
  });
}
