import { DescribeSecretCommand } from "@aws-sdk/client-secrets-manager";
import type { SampleService } from "./sample-service.ts";
import type { World } from "./world.ts";

interface Figure {
  readonly what: string;
  readonly value: string | number;
  readonly holds: boolean;
}

const rotationsOfEach = 2;

/** What Vault says it holds, asked of Vault itself. */
export async function mirroredVersion(
  { stack: { vault } }: World,
  name: string,
): Promise<{ readonly versionId: string | undefined; readonly revision: string | undefined }> {
  const headers = { "X-Vault-Token": vault.rootToken };
  const text = await (await fetch(`${vault.address}/v1/secret/data/${name}`, { headers })).text();
  return {
    versionId: /"rekey_version_id":"([^"]+)"/.exec(text)?.[1],
    revision: /"version":(\d+)/.exec(text)?.[1],
  };
}

async function judgeSecret(world: World, { name, secretArn }: SampleService): Promise<readonly Figure[]> {
  const { VersionIdsToStages = {}, Name = "" } = await world.secretsManager.send(
    new DescribeSecretCommand({ SecretId: secretArn }),
  );
  const current = Object.entries(VersionIdsToStages).filter(([, labels]) => labels.includes("AWSCURRENT"));
  const mirrored = (await mirroredVersion(world, Name)).versionId;
  return [
    { what: `${name}: versions labelled AWSCURRENT`, value: current.length, holds: current.length === 1 },
    {
      what: `${name}: Vault holds the current version`,
      value: mirrored === current[0]?.[0] ? "yes" : "no",
      holds: mirrored === current[0]?.[0],
    },
  ];
}

/** Prints what came out and says whether all of it is as it must be, by the server's log and the stores. */
export async function judge(world: World, services: readonly SampleService[], movedMs: number): Promise<boolean> {
  const log = (await world.postgres.log()).split("\n");
  const refusedByServer = log.filter(
    (line) => line.includes("FATAL") && line.includes("password authentication failed"),
  ).length;
  const refusedToPools = services.reduce((sum, { pool }) => sum + pool.refusedLogins, 0);
  const errorLines = log.filter(
    (line) => / (?:ERROR|FATAL|PANIC): /.test(line) && !line.includes("password authentication failed"),
  );
  const promotions = world.stack.lambda.logs.filter(
    ({ line }) => line.includes('"step":"finishSecret"') && line.includes('"outcome":"done"'),
  ).length;
  const alternating = services.find(({ name }) => name.startsWith("billing"));
  const queries = services.reduce((sum, service) => sum + service.queries, 0);
  const failed = services.reduce((sum, { failures }) => sum + failures.length, 0);
  const figures: readonly Figure[] = [
    { what: "queries", value: queries, holds: queries > 100 },
    { what: "failed queries", value: failed, holds: failed === 0 },
    {
      what: "errors in the server's log, but for refused logins",
      value: errorLines.length,
      holds: errorLines.length === 0,
    },
    {
      what: "failed logins by the rotation functions (server's log less the pools' own)",
      value: refusedByServer - refusedToPools,
      holds: refusedByServer === refusedToPools,
    },
    {
      what: "logins refused and recovered by a pool, single-user",
      value: refusedToPools - (alternating?.pool.refusedLogins ?? 0),
      holds: true,
    },
    {
      what: "logins refused and recovered by a pool, alternating-users",
      value: alternating?.pool.refusedLogins ?? 0,
      holds: alternating?.pool.refusedLogins === 0,
    },
    { what: "rotations", value: promotions, holds: promotions === services.length * rotationsOfEach },
    { what: "promotion to last service moved", value: `${movedMs.toFixed(0)} ms`, holds: true },
    ...(await Promise.all(services.map(async (service) => judgeSecret(world, service)))).flat(),
  ];
  for (const error of services.flatMap(({ failures }) => failures)) console.log(`  failed: ${String(error)}`);
  console.log("");
  for (const { what, value, holds } of figures)
    console.log(`  ${holds ? "ok  " : "WRONG"} ${what.padEnd(78)} ${value}`);
  return figures.every(({ holds }) => holds);
}
