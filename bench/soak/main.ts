import { fork } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { CreateSecretCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import pg from "pg";
import { startAwsFront } from "../../local/aws/front.ts";
import { movableClock } from "../../local/clock.ts";
import { startPostgres } from "../../local/postgres/embedded-postgres.ts";
import { createSecretsManager } from "../../local/secrets-manager/service.ts";
import { rotatedByHand } from "../rotated-by-hand.ts";
import type { Order, Report, Sample, ServiceOptions } from "./sample.ts";
import { verdict } from "./verdict.ts";

/** Notices cause at most six requests for a secret in 20 s, so the rotations go round many secrets. */
const secrets = 80;
const connections = 2;
const betweenRotationsMs = 45;
const windows = 12;

const { values } = parseArgs({ options: { rotations: { type: "string", default: "5000" } } });
const rotations = Number(values.rotations);
const cleanup = new AsyncDisposableStack();
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));

const postgres = await startPostgres({
  settings: { max_connections: "400", log_statement: "none", log_connections: "off", log_disconnections: "off" },
});
cleanup.defer(async () => postgres.stop());
const { host, port, superuser } = postgres;
const admin = new pg.Client({
  host,
  port,
  user: superuser.username,
  password: superuser.password,
  database: "postgres",
});
await admin.connect();
cleanup.defer(async () => admin.end());
const clock = movableClock();
const service = createSecretsManager({
  clock,
  accountId: "123456789012",
  functions: { mayInvoke: () => true, invoke: async () => ({ ok: true, payload: null }) },
  retry: { attempts: 1, delayMs: 1_000 },
});
const front = await startAwsFront({ accountId: "123456789012", services: [service] });
cleanup.defer(async () => front.stop());
cleanup.defer(() => clock.stop());
const sdk = new SecretsManagerClient({
  endpoint: front.endpoint,
  region: "us-east-1",
  credentials: { accessKeyId: "soak", secretAccessKey: "soak" },
});
cleanup.defer(() => sdk.destroy());

const valueOf = (username: string, password: string): object => ({
  engine: "postgres",
  host,
  port,
  dbname: "postgres",
  ssl: false,
  username,
  password,
});
const held: { readonly secretId: string; readonly username: string; versionId: string }[] = [];
for (let index = 0; index < secrets; index++) {
  const username = `soak_${index}`;
  const password = randomUUID();
  await admin.query(`CREATE ROLE ${username} LOGIN PASSWORD '${password}'`);
  const SecretString = JSON.stringify(valueOf(username, password));
  const { ARN = "", VersionId = "" } = await sdk.send(new CreateSecretCommand({ Name: username, SecretString }));
  held.push({ secretId: ARN, username, versionId: VersionId });
}

const options: ServiceOptions = {
  endpoint: front.endpoint,
  secretIds: held.map(({ secretId }) => secretId),
  connections,
};
const child = fork(fileURLToPath(new URL("service.ts", import.meta.url)), [JSON.stringify(options)], {
  execArgv: ["--disable-warning=ExperimentalWarning"],
});
const exited = once(child, "exit");
cleanup.defer(() => void child.kill());
const order = (what: Order): void => void child.send(what);

/** The service's next report. Rejects when its process ends before. */
async function heard<Kind extends Report["kind"]>(kind: Kind): Promise<Extract<Report, { readonly kind: Kind }>> {
  const [report] = (await Promise.race([once(child, "message"), exited])) as [Report];
  if (typeof report !== "object" || report?.kind !== kind) throw new Error(`the service ended before ${kind}`);
  return report as Extract<Report, { readonly kind: Kind }>;
}

async function measured(done: number): Promise<Sample> {
  const reported = heard("sample");
  order({ kind: "measure" });
  const { sample, load } = await reported;
  const figures = Object.entries(sample).map(([name, value]) => `${name} ${Number(value.toFixed(1))}`);
  console.log(`${done} rotations, ${load.queries} queries, ${load.failed} failed: ${figures.join(", ")}`);
  return sample;
}

try {
  await heard("ready");
  const startedMs = performance.now();
  const samples: Sample[] = [];
  const every = Math.max(1, Math.floor(rotations / windows));
  for (let rotation = 0; rotation < rotations; rotation++) {
    const one = held[rotation % secrets];
    if (one === undefined) throw new Error("no such secret");
    const { secretId, username, versionId } = one;
    const password = randomUUID();
    const next = wait(betweenRotationsMs);
    one.versionId = await rotatedByHand(sdk, {
      secretId,
      from: versionId,
      value: valueOf(username, password),
      change: async () => admin.query(`ALTER ROLE ${username} PASSWORD '${password}'`),
    });
    order({ kind: "notice", secretArn: secretId, versionId: one.versionId });
    await next;
    if ((rotation + 1) % every === 0) samples.push(await measured(rotation + 1));
  }
  const stopped = heard("stopped");
  order({ kind: "stop", rotations });
  const { load, versionIds } = await stopped;
  const behind = held.filter(({ versionId }, index) => versionIds[index] !== versionId).length;
  const seconds = Math.round((performance.now() - startedMs) / 1_000);
  const problems = verdict({ samples, load, behind, rotations, mostConnections: secrets * connections });
  console.log(
    `soak: ${rotations} rotations of ${secrets} secrets in ${seconds} s, ${load.seen} seen, ${load.queries} queries, ` +
      `${load.failed} failed, ${load.recovered} refused and recovered; ${problems.length === 0 ? "flat" : problems.join("; ")}`,
  );
  if (problems.length > 0) {
    process.exitCode = 1;
    console.log((await postgres.log()).trimEnd().split("\n").slice(-3).join("\n"));
  }
} finally {
  await cleanup.disposeAsync();
}
