import { mirrorCurrent } from "../operations/mirroring/mirror-current.ts";
import { arnPatterns } from "../secrets/arn-patterns.ts";
import { parseDeliveredEvent } from "../events/delivered-event.ts";
import { secretArnIn } from "../events/rekey-event.ts";
import { defined } from "../secrets/defined.ts";
import { environmentPublisher, environmentStore } from "./aws-clients.ts";
import { environmentOf } from "./environment.ts";
import { queueFunction } from "./queue-function.ts";
import { environmentCluster, environmentMirror } from "./vault-mirror.ts";

/** The Lambda handler of a queue of rekey's events: brings Vault to how each secret stands now. */
export function mirrorFunction(
  variables: Readonly<Record<string, string | undefined>>,
): ReturnType<typeof queueFunction> {
  const environment = environmentOf(variables);
  const store = environmentStore(environment);
  const manages = arnPatterns(environment.list("REKEY_SECRETS"));
  const ports = {
    store,
    mirror: environmentMirror(environment, store),
    publisher: environmentPublisher(environment),
    ...defined({ cluster: environmentCluster(environment), region: environment.text("AWS_REGION") }),
  };
  return queueFunction({ done: "mirrored", notDone: "not mirrored" }, async ({ body }, call) => {
    const secret = secretArnIn(parseDeliveredEvent(body));
    if (!manages(secret)) return { facts: { secret, outcome: "foreign" } };
    return { facts: { secret, ...(await mirrorCurrent(ports, secret, call)) } };
  });
}
