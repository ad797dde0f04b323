import { setTimeout as sleep } from "node:timers/promises";
import { DescribeSecretCommand, RotateSecretCommand } from "@aws-sdk/client-secrets-manager";
import { generatePassword } from "../../shared/secrets/password.ts";
import { narrator, type Say, shortName } from "./narrator.ts";
import { type SampleService, startSampleService, type Strategy } from "./sample-service.ts";
import { quiet } from "./quiet.ts";
import { mirroredVersion, type World } from "./world.ts";
import { subscribersTag } from "../../shared/tags/tag-names.ts";

/** What there is to judge once the services have stopped. */
export interface Outcome {
  readonly world: World;
  readonly services: readonly SampleService[];
  readonly rotationsOfEach: number;
  /** The longest time from a promotion until the service used that version for every new connection. */
  readonly slowestMoveMs: number;
}

const dayMs = 24 * 3_600_000;
const settleTimeoutMs = 20_000;

const sampleServices: readonly (readonly [string, Strategy])[] = [
  ["orders-api", "single-user"],
  ["billing-api", "alternating-users"],
];

async function createRotatingSecret(world: World, name: string, strategy: Strategy): Promise<string> {
  const username = name.replaceAll("-", "_");
  const password = generatePassword({ charset: "url", length: 32 }).reveal();
  await world.postgres.admin(`CREATE ROLE ${username} LOGIN PASSWORD '${password}'`);
  const { host, port } = world.postgres;
  const value = { engine: "postgres", host, port, username, password, dbname: "postgres", ssl: false };
  const arn = await world.createSecret(
    `demo/${name}`,
    strategy === "single-user" ? value : { ...value, masterarn: world.adminArn },
    { [subscribersTag]: name },
  );
  await world.secretsManager.send(
    new RotateSecretCommand({
      SecretId: arn,
      RotationLambdaARN: world.outputs["RotatePostgresArn"],
      RotationRules: { AutomaticallyAfterDays: 30 },
      RotateImmediately: false,
    }),
  );
  return arn;
}

/** When the first of the secrets is due: its window is the day that ends with its next rotation. */
async function windowOpens({ secretsManager }: World, arns: readonly string[]): Promise<number> {
  const due = arns.map(async (SecretId) => secretsManager.send(new DescribeSecretCommand({ SecretId })));
  const ends = (await Promise.all(due)).map(({ NextRotationDate }) => NextRotationDate ?? new Date());
  return Math.min(...ends.map((end) => end.getTime() - (end.getTime() % dayMs)));
}

/** Waits until each service and Vault have the version that is current. */
async function settled(world: World, services: readonly SampleService[], say: Say): Promise<void> {
  await world.stack.secretsManager.idle();
  const deadlineMs = performance.now() + settleTimeoutMs;
  for (const { name, secretArn, pool, failures } of services) {
    const { VersionIdsToStages = {}, Name = "" } = await world.secretsManager.send(
      new DescribeSecretCommand({ SecretId: secretArn }),
    );
    const current = Object.entries(VersionIdsToStages).find(([, labels]) => labels.includes("AWSCURRENT"))?.[0];
    for (;;) {
      if (failures.length > 0) throw new Error(`${name}: a query failed`, { cause: failures[0] });
      const mirrored = await mirroredVersion(world, Name);
      if (pool.versionId === current && mirrored.versionId === current) {
        say(name, `Vault has the current version (revision ${mirrored.revision})`, "green");
        break;
      }
      if (performance.now() > deadlineMs) throw new Error(`${name} or Vault was not moved over in time`);
      await sleep(10);
    }
  }
}

/** Two services query without pause while both of their credentials are rotated twice. */
export async function rotateUnderLoad(
  world: World,
  cleanup: AsyncDisposableStack,
  interruption: AbortSignal,
): Promise<Outcome> {
  const { stack, postgres } = world;
  const say = narrator(interruption);
  say("PostgreSQL", `on port ${postgres.port}`);
  say("AWS", `at ${stack.aws.endpoint}`);
  say("Vault", `at ${stack.vault.address}`);

  const arns: string[] = [];
  for (const [name, strategy] of sampleServices) {
    arns.push(await createRotatingSecret(world, name, strategy));
    say(name, `secret created, rotates every 30 days (${strategy})`);
  }
  await stack.secretsManager.idle();

  const promotedMs = new Map<string, number>();
  let slowestMoveMs = 0;
  const services: SampleService[] = [];
  for (const [index, [name, strategy]] of sampleServices.entries()) {
    const service = await startSampleService(world, name, strategy, arns[index] ?? "", {
      onNotice: () => say(name, "service receives the event, drops its cached copy", "dim"),
      onMoved(versionId) {
        const nowMs = performance.now();
        // A pool that is ahead moves before the promotion.
        slowestMoveMs = Math.max(slowestMoveMs, nowMs - (promotedMs.get(versionId) ?? nowMs));
        say(name, "service opens new connections with the new credential", "green");
      },
      onDrained(versionId) {
        const ahead = promotedMs.has(versionId) ? "" : ", before the promotion";
        say(name, `service closes its last old connection${ahead}`, "green");
      },
    });
    cleanup.defer(service.stop);
    services.push(service);
  }
  stack.secretsManager.onStep(({ step, secretArn, durationMs, error }) =>
    say(
      shortName(secretArn),
      `${step.padEnd("finishSecret".length)} ${error ?? "done"} in ${durationMs.toFixed(0).padStart(3)} ms`,
      error === undefined ? "dim" : "red",
    ),
  );
  stack.eventBridge.onEvent((_bus, event) => {
    const name = shortName(event.resources[0] ?? "");
    const { versionId, labelUpdated }: { versionId?: string; labelUpdated?: string } = event.detail;
    if (event["detail-type"] === "Secret Rotated") say(name, "event: Secret Rotated", "dim");
    if (labelUpdated !== "AWSCURRENT" || versionId === undefined) return;
    promotedMs.set(versionId, performance.now());
    say(name, "promoted: AWSCURRENT is the new version", "bold");
  });

  await sleep(500);
  await quiet(world);
  say("clock", "moves 30 days ahead: both rotations are due", "yellow");
  await stack.clock.advance((await windowOpens(world, arns)) - stack.clock.now());
  await settled(world, services, say);
  await quiet(world);
  await stack.clock.advance(Math.max(Date.now() - stack.clock.now(), 0));
  await sleep(500);
  say("operator", "rotates both secrets by hand", "yellow");
  for (const SecretId of arns) await world.secretsManager.send(new RotateSecretCommand({ SecretId }));
  await settled(world, services, say);
  await sleep(500);
  for (const service of services) await service.stop();
  return { world, services, rotationsOfEach: 2, slowestMoveMs };
}
