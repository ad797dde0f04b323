import { styleText } from "node:util";
import { DescribeSecretCommand } from "@aws-sdk/client-secrets-manager";
import { readRedrivePolicy } from "../sqs/queue-attributes.ts";
import type { QueueMessage } from "../sqs/queue.ts";
import type { Outcome } from "./rotate-under-load.ts";
import type { SampleService } from "./sample-service.ts";
import { mirroredVersion, type World } from "./world.ts";

interface Figure {
  readonly what: string;
  readonly value: string | number;
  readonly holds: boolean;
}

async function judgeService(
  world: World,
  { name, strategy, secretArn, pool }: SampleService,
): Promise<readonly Figure[]> {
  const { VersionIdsToStages = {}, Name = "" } = await world.secretsManager.send(
    new DescribeSecretCommand({ SecretId: secretArn }),
  );
  const current = Object.entries(VersionIdsToStages).filter(([, labels]) => labels.includes("AWSCURRENT"));
  const mirrored = await mirroredVersion(world, Name);
  const same = mirrored.versionId !== undefined && mirrored.versionId === current[0]?.[0];
  return [
    {
      what: `${name}: refused logins, each recovered by the pool`,
      value: pool.refusedLogins,
      holds: strategy === "single-user" || pool.refusedLogins === 0,
    },
    { what: `${name}: versions labelled AWSCURRENT`, value: current.length, holds: current.length === 1 },
    {
      what: `${name}: Vault's newest revision is AWSCURRENT`,
      value: same ? `yes, revision ${mirrored.revision}` : "no",
      holds: same,
    },
  ];
}

/** What the stack gave up, once all that it still works on is done. */
async function deadLetters({ stack }: World): Promise<readonly QueueMessage[]> {
  await stack.lambda.idle();
  const queues = stack.sqs.queues();
  const redriven = new Set(
    queues.map(({ attributes }) => readRedrivePolicy(attributes.get("RedrivePolicy"))?.deadLetterTargetArn),
  );
  return queues
    .filter(({ arn, name }) => redriven.has(arn) || name.endsWith("UndeliveredEventsQueue"))
    .flatMap((queue) => queue.messages());
}

/** Prints the outcome, checked against the server's log and the stores. Returns whether all of it is as it must be. */
export async function judge({ world, services, rotationsOfEach, slowestMoveMs }: Outcome): Promise<boolean> {
  const log = (await world.postgres.log()).split("\n");
  const refusal = "password authentication failed";
  const refusedByServer = log.filter((line) => line.includes("FATAL") && line.includes(refusal)).length;
  const refusedToPools = services.reduce((sum, { pool }) => sum + pool.refusedLogins, 0);
  const errors = log.filter((line) => / (?:ERROR|FATAL|PANIC): /.test(line) && !line.includes(refusal)).length;
  const promotions = world.stack.lambda.logs.filter(
    ({ line }) => line.includes('"step":"finishSecret"') && line.includes('"outcome":"done"'),
  ).length;
  const letters = await deadLetters(world);
  const queries = services.reduce((sum, service) => sum + service.queries, 0);
  const failures = services.flatMap((service) => service.failures);
  const figures: readonly Figure[] = [
    { what: "queries", value: queries, holds: queries > 100 },
    { what: "failed queries", value: failures.length, holds: failures.length === 0 },
    { what: "rotations", value: promotions, holds: promotions === services.length * rotationsOfEach },
    { what: "slowest service to follow a promotion", value: `${slowestMoveMs.toFixed(0)} ms`, holds: true },
    {
      what: "failed logins by the rotation functions",
      value: refusedByServer - refusedToPools,
      holds: refusedByServer === refusedToPools,
    },
    { what: "errors in PostgreSQL's log, other than refused logins", value: errors, holds: errors === 0 },
    { what: "messages in dead-letter queues", value: letters.length, holds: letters.length === 0 },
    ...(await Promise.all(services.map(async (service) => judgeService(world, service)))).flat(),
  ];
  const width = Math.max(...figures.map(({ what }) => what.length));
  console.log("");
  for (const { what, value, holds } of figures) {
    const verdict = holds ? styleText("green", "ok   ") : styleText("red", "WRONG");
    console.log(`  ${verdict}  ${what.padEnd(width)}  ${styleText("bold", String(value))}`);
  }
  for (const failure of failures) console.log(styleText("red", `  failed: ${String(failure)}`));
  return figures.every(({ holds }) => holds);
}
