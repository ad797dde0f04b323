import { parseDeliveredEvent } from "../events/delivered-event.ts";
import { type RetirementCue, retirementCueIn } from "../events/rekey-event.ts";
import { type Retirer, retireReplaced } from "../operations/retiring/retire-replaced.ts";
import { arnPatterns } from "../secrets/arn-patterns.ts";
import { accountIn } from "../rotation/secret-name.ts";
import { dynamoDbAdoptions } from "../aws/dynamodb/adoptions.ts";
import { lambdaRotation } from "../aws/lambda/rotation-invoker.ts";
import { extendVisibility } from "../aws/sqs/extend-visibility.ts";
import { accountStores } from "./account-stores.ts";
import { dynamoDbClient, environmentStore, lambdaClient, sqsClient } from "./aws-clients.ts";
import { environmentOf } from "./environment.ts";
import { asRekeyError, reportFailure } from "./logger.ts";
import { writeMetrics } from "./metrics.ts";
import { queueFunction } from "./queue-function.ts";

/** A malformed event never becomes a good one, and this queue's messages come again many times: it is logged once. */
function cueIn(body: string): RetirementCue | undefined {
  try {
    return retirementCueIn(parseDeliveredEvent(body));
  } catch (error) {
    reportFailure("not retired", asRekeyError(error), {});
    return undefined;
  }
}

/** The Lambda handler of a queue of `Secret Rotated` and `Secret Adopted`. A message waits in the queue until it is due. */
export function retireFunction(
  variables: Readonly<Record<string, string | undefined>>,
): ReturnType<typeof queueFunction> {
  const environment = environmentOf(variables);
  const nowMs = Date.now;
  const queue = { client: sqsClient(), queueUrl: environment.required("REKEY_RETIRE_QUEUE_URL"), nowMs };
  const own = environmentStore(environment);
  const others = accountStores(environment);
  const isOurs = arnPatterns(environment.list("REKEY_SECRETS"));
  const table = environment.text("REKEY_ADOPTION_TABLE");
  const retirer: Retirer = {
    store: { describe: async (id, call) => (others.get(accountIn(id) ?? "") ?? own).describe(id, call) },
    // Of another account it looks after what the role there lets it see.
    manages: (arn) => others.has(accountIn(arn) ?? "") || isOurs(arn),
    takesUnnamed: environment.text("REKEY_UNNAMED_SUBSCRIBERS") === "true",
    ...(table === undefined ? {} : { adoptions: dynamoDbAdoptions(dynamoDbClient(), table) }),
    rotation: lambdaRotation(lambdaClient()),
    knowsTheStep: arnPatterns(environment.list("REKEY_ROTATION_FUNCTIONS")),
    nowMs,
  };
  return queueFunction(
    { done: "looked at", notDone: "not retired" },
    async ({ body, receiptHandle, attributes }, call) => {
      const cue = cueIn(body);
      if (cue === undefined) return { facts: { outcome: "malformed" } };
      const retirement = await retireReplaced(retirer, cue, call);
      if (cue.kind === "adopted" && retirement.outcome !== "refused") writeMetrics({ Adoptions: 1 });
      const by = cue.kind === "adopted" ? { subscriber: cue.subscriber } : {};
      const facts = { secret: cue.secretArn, version: cue.versionId, cue: cue.kind, ...by, ...retirement };
      if (retirement.outcome !== "waits") return { facts };
      const message = { body, receiptHandle, sentAtMs: Number(attributes.SentTimestamp) };
      const held = await extendVisibility(queue, message, retirement.waitMs, call);
      return { facts, again: held === "held" };
    },
  );
}
