import { setTimeout as sleep } from "node:timers/promises";
import { DescribeSecretCommand, RotateSecretCommand } from "@aws-sdk/client-secrets-manager";
import { generatePassword } from "../../shared/secrets/password.ts";
import { judge, mirroredVersion } from "./judge.ts";
import { type SampleService, startSampleService } from "./sample-service.ts";
import { startWorld, type World } from "./world.ts";

const dayMs = 24 * 3_600_000;
const settleTimeoutMs = 20_000;
const startedMs = performance.now();
const say = (text: string): void =>
  console.log(`${((performance.now() - startedMs) / 1000).toFixed(2).padStart(7)} s  ${text}`);
const short = (arn: string): string => arn.replace(/^.*:secret:demo\/(.+)-[^-]+$/, "$1");

async function prepare(world: World, name: string, strategy: "single-user" | "alternating-users"): Promise<string> {
  const username = name.replaceAll("-", "_");
  const password = generatePassword({ charset: "url", length: 32 }).reveal();
  await world.postgres.admin(`CREATE ROLE ${username} LOGIN PASSWORD '${password}'`);
  const { host, port } = world.postgres;
  const value = { engine: "postgres", host, port, username, password, dbname: "postgres", ssl: false };
  const arn = await world.createSecret(
    `demo/${name}`,
    strategy === "single-user" ? value : { ...value, masterarn: world.adminArn },
  );
  await world.secretsManager.send(
    new RotateSecretCommand({
      SecretId: arn,
      RotationLambdaARN: world.outputs["RotatePostgresArn"],
      RotationRules: { AutomaticallyAfterDays: 30 },
      RotateImmediately: false,
    }),
  );
  say(`${name}: secret made, rotation every 30 days turned on (${strategy})`);
  return arn;
}

/** Waits until each service and Vault have the version that is current. */
async function settled(world: World, services: readonly SampleService[]): Promise<void> {
  await world.stack.secretsManager.idle();
  const deadlineMs = performance.now() + settleTimeoutMs;
  for (const { secretArn, pool } of services) {
    const { VersionIdsToStages = {}, Name = "" } = await world.secretsManager.send(
      new DescribeSecretCommand({ SecretId: secretArn }),
    );
    const current = Object.entries(VersionIdsToStages).find(([, labels]) => labels.includes("AWSCURRENT"))?.[0];
    for (;;) {
      const mirrored = await mirroredVersion(world, Name);
      if (pool.versionId === current && mirrored.versionId === current) {
        say(`${short(secretArn)}: Vault revision ${mirrored.revision} is the current version`);
        break;
      }
      if (performance.now() > deadlineMs) throw new Error(`${Name} was not moved over in time`);
      await sleep(10);
    }
  }
}

async function run(world: World): Promise<boolean> {
  const { stack } = world;
  say(`PostgreSQL on port ${world.postgres.port}, AWS at ${stack.aws.endpoint}, Vault at ${stack.vault.address}`);
  const arns = [
    await prepare(world, "orders-api", "single-user"),
    await prepare(world, "billing-api", "alternating-users"),
  ];
  await stack.secretsManager.idle();

  const promotedMs = new Map<string, number>();
  let slowestMoveMs = 0;
  const services: SampleService[] = [];
  for (const arn of arns) {
    const name = short(arn);
    const service = await startSampleService(world, name, arn, {
      onNotice: () => say(`${name}: subscriber dropped its copy`),
      onMoved(versionId) {
        slowestMoveMs = Math.max(slowestMoveMs, performance.now() - (promotedMs.get(versionId) ?? 0));
        say(`${name}: subscriber is on the new credential`);
      },
    });
    service.pool.onDrained(() => say(`${name}: the last connection of the old credential is gone`));
    services.push(service);
  }
  stack.secretsManager.onStep(({ step, secretArn, durationMs, error }) =>
    say(`${short(secretArn)}: ${step} ${error ?? "done"} in ${durationMs.toFixed(0)} ms`),
  );
  stack.eventBridge.onEvent((_bus, event) => {
    const versionId: unknown = Reflect.get(Object(event.detail), "versionId");
    if (event["detail-type"] !== "Secret Rotated" || typeof versionId !== "string") return;
    promotedMs.set(versionId, performance.now());
    say(`${short(event.resources[0] ?? "")}: promoted, event Secret Rotated`);
  });

  await sleep(500);
  say("the clock moves 30 days: both rotations are due");
  await stack.clock.advance(30 * dayMs);
  await settled(world, services);
  await sleep(500);
  say("rotate now, by hand");
  for (const SecretId of arns) await world.secretsManager.send(new RotateSecretCommand({ SecretId }));
  await settled(world, services);
  await sleep(500);
  for (const service of services) await service.stop();
  return judge(world, services, slowestMoveMs);
}

const world = await startWorld();
const interrupted = (): void => {
  void world.stop().finally(() => process.exit(130));
};
process.once("SIGINT", interrupted).once("SIGTERM", interrupted);
try {
  const allHolds = await run(world);
  if (process.argv.includes("--keep")) {
    const { aws, vault } = world.stack;
    console.log(`\nleft running, Ctrl-C ends it:\n  AWS_ENDPOINT_URL=${aws.endpoint} AWS_REGION=${world.stack.region}`);
    console.log(`  VAULT_ADDR=${vault.address} VAULT_TOKEN=${vault.rootToken}`);
    await new Promise(() => setInterval(() => undefined, 60_000));
  }
  process.exitCode = allHolds ? 0 : 1;
} finally {
  await world.stop();
}
