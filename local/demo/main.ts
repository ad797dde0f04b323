import { setTimeout as sleep } from "node:timers/promises";
import { DescribeSecretCommand, RotateSecretCommand } from "@aws-sdk/client-secrets-manager";
import { generatePassword } from "../../shared/secrets/password.ts";
import { judge } from "./judge.ts";
import { startSampleService } from "./sample-service.ts";
import { startWorld, type World } from "./world.ts";

const dayMs = 24 * 3_600_000;
const startedMs = performance.now();
const say = (text: string): void =>
  console.log(`${((performance.now() - startedMs) / 1000).toFixed(2).padStart(7)} s  ${text}`);
const short = (arn: string): string => arn.replace(/^.*:secret:(.+)-[^-]+$/, "$1");

async function prepare(
  world: World,
  name: string,
  strategy: "single-user" | "alternating-users",
  adminArn: string,
): Promise<string> {
  const username = name.replaceAll("-", "_");
  const password = generatePassword({ charset: "url", length: 32 }).reveal();
  await world.postgres.admin(`CREATE ROLE ${username} LOGIN PASSWORD '${password}'`);
  const { host, port } = world.postgres;
  const value = { engine: "postgres", host, port, username, password, dbname: "postgres", ssl: false };
  const arn = await world.createSecret(
    `demo/${name}`,
    strategy === "single-user" ? value : { ...value, masterarn: adminArn },
  );
  const rotation = {
    SecretId: arn,
    RotationLambdaARN: world.functionArn,
    RotationRules: { AutomaticallyAfterDays: 30 },
  };
  await world.sdk.send(new RotateSecretCommand({ ...rotation, RotateImmediately: false }));
  say(`${name}: secret made, rotation every 30 days turned on (${strategy})`);
  return arn;
}

async function run(world: World): Promise<boolean> {
  say(`PostgreSQL on port ${world.postgres.port}, AWS at ${world.aws.endpoint}, Vault at ${world.vault.address}`);
  const { ARN: adminArn = "" } = await world.sdk.send(new DescribeSecretCommand({ SecretId: "demo/admin" }));
  const arns = [
    await prepare(world, "orders-api", "single-user", adminArn),
    await prepare(world, "billing-api", "alternating-users", adminArn),
  ];
  await world.secretsManager.idle();

  const services = arns.map((arn) => startSampleService(world.sdk, short(arn).replace("demo/", ""), arn));
  const following = new Set<Promise<unknown>>();
  let slowestMoveMs = 0;
  world.secretsManager.onStep(({ step, secretArn, durationMs, error }) =>
    say(`${short(secretArn)}: ${step} ${error ?? "done"} in ${durationMs.toFixed(0)} ms`),
  );
  world.onRotated((event) => {
    const { secretArn, versionId, previousVersionId } = event.detail as Record<
      "secretArn" | "versionId" | "previousVersionId",
      string
    >;
    const promotedMs = performance.now();
    say(`${short(secretArn)}: promoted, event Secret Rotated`);
    following.add(world.mirror(event).then(() => say(`${short(secretArn)}: mirrored into Vault`)));
    for (const service of services.filter((one) => one.secretArn === secretArn)) {
      say(`${short(secretArn)}: subscriber ${service.name} drops its copy`);
      const moved = service.notice({ versionId, previousVersionId }).then(() => {
        slowestMoveMs = Math.max(slowestMoveMs, performance.now() - promotedMs);
        say(`${short(secretArn)}: subscriber ${service.name} is on the new credential`);
      });
      following.add(moved);
    }
  });
  for (const { name, pool } of services)
    pool.onDrained(() => say(`${name}: the last connection of the old credential is gone`));

  await sleep(500);
  say("the clock moves 30 days: both rotations are due");
  await world.clock.advance(30 * dayMs);
  await world.secretsManager.idle();
  await Promise.all(following);
  await sleep(500);
  say("rotate now, by hand");
  for (const SecretId of arns) await world.sdk.send(new RotateSecretCommand({ SecretId }));
  await world.secretsManager.idle();
  await Promise.all(following);
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
    console.log(
      `\nleft running, Ctrl-C ends it:\n  AWS_ENDPOINT_URL=${world.aws.endpoint}\n  VAULT_ADDR=${world.vault.address} VAULT_TOKEN=${world.vault.rootToken}`,
    );
    await new Promise(() => setInterval(() => undefined, 60_000));
  }
  process.exitCode = allHolds ? 0 : 1;
} finally {
  await world.stop();
}
