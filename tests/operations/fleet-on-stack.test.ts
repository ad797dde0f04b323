import { SecretsManager } from "@aws-sdk/client-secrets-manager";
import { DynamoDB } from "@aws-sdk/client-dynamodb";
import { afterAll, beforeAll, expect, test } from "vitest";
import { strategiesOn } from "../../functions/rotate-postgres/rotation.ts";
import { type EmbeddedPostgres, startPostgres } from "../../local/postgres/embedded-postgres.ts";
import { startStack, type Stack } from "../../local/stack.ts";
import { postgresEngine } from "../../shared/engines/postgres/postgres-engine.ts";
import { adoptSecret } from "../../shared/operations/by-hand/adopt-secret.ts";
import type { CampaignEvent } from "../../shared/operations/campaign/campaign-events.ts";
import { rotateCampaign } from "../../shared/operations/campaign/rotate-campaign.ts";
import { fleet, fleetPage } from "../../shared/operations/fleet/fleet-page.ts";
import { secretHistory } from "../../shared/operations/fleet/history.ts";
import { mirrorFleet } from "../../shared/operations/mirroring/mirror-fleet.ts";
import { secretDetails } from "../../shared/operations/fleet/secret-details.ts";
import { secretStatuses } from "../../shared/operations/fleet/secret-status.ts";
import { planRollback, rollBackSecret } from "../../shared/operations/by-hand/roll-back-secret.ts";
import { silentPublisher } from "../../shared/aws/eventbridge/event-publisher.ts";
import type { RotationDependencies } from "../../shared/rotation/dependencies.ts";
import { rotationMemory } from "../../shared/rotation/rotation-memory.ts";
import { environmentOf } from "../../shared/runtime/environment.ts";
import { operatorPorts } from "../../shared/runtime/operator-ports.ts";
import { environmentMirror } from "../../shared/runtime/vault-mirror.ts";
import { generatePassword } from "../../shared/secrets/password.ts";
import { secretAdministration } from "../../shared/aws/secrets-manager/secret-administration.ts";
import { secretsManagerStore } from "../../shared/aws/secrets-manager/secret-store.ts";
import { adoptionTableSchema } from "../support/adoption-table.ts";
import { grantsOf } from "../../shared/testing/grants.ts";

let postgres: EmbeddedPostgres;
let stack: Stack;
let secrets: SecretsManager;
let ports: ReturnType<typeof operatorPorts>;
let mirror: ReturnType<typeof environmentMirror>;
let functionArn = "";
const arns = new Map<string, string>();
const table = "adoptions";
const call = { signal: AbortSignal.timeout(120_000) };
const soon = { timeout: 60_000, interval: 50 };

async function create(name: string, fields: object = {}): Promise<void> {
  const { host, port } = postgres;
  const username = name.replaceAll(/\W/g, "_");
  await postgres.admin(`CREATE ROLE ${username} LOGIN PASSWORD '${username}-canary'`);
  const value = { engine: "postgres", host, port, username, password: `${username}-canary`, ssl: false, ...fields };
  const { ARN } = await secrets.createSecret({ Name: name, SecretString: JSON.stringify(value) });
  arns.set(name, ARN ?? "");
}
const deps = (): RotationDependencies => ({
  store: secretsManagerStore(secrets),
  publisher: silentPublisher,
  engine: postgresEngine(),
  defaultStrategy: "single-user",
  ...strategiesOn(postgresEngine()),
  grants: grantsOf({ admins: { [arns.get("admin") ?? ""]: [] } }),
  generatePassword,
  memory: rotationMemory(),
  nowMs: Date.now,
  report: () => undefined,
});
const administration = () => secretAdministration(secrets);
const everyMonth = { schedule: { everyDays: 30 }, tags: new Map<string, string>() };

async function collect<Item>(items: AsyncIterable<Item>): Promise<readonly Item[]> {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
}

async function rotate(...names: readonly string[]): Promise<readonly CampaignEvent[]> {
  const events: CampaignEvent[] = [];
  const options = { campaign: crypto.randomUUID(), pollMs: 50, reason: "test of the fleet" };
  for await (const event of rotateCampaign(ports, names, options, call)) events.push(event);
  return events;
}

beforeAll(async () => {
  postgres = await startPostgres();
  stack = await startStack();
  secrets = new SecretsManager(stack.clientConfig);
  const { host, port } = postgres;
  const admin = await secrets.createSecret({
    Name: "admin",
    SecretString: JSON.stringify({ engine: "postgres", host, port, ssl: false, ...postgres.superuser }),
  });
  arns.set("admin", admin.ARN ?? "");
  const { outputs } = await stack.deploy({ parameters: { AdminSecretArns: admin.ARN ?? "" } });
  functionArn = outputs["RotatePostgresArn"] ?? "";
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: stack.aws.endpoint,
    AWS_REGION: stack.region,
    AWS_ACCESS_KEY_ID: "test",
    AWS_SECRET_ACCESS_KEY: "test",
  });
  const dynamo = new DynamoDB(stack.clientConfig);
  await dynamo.createTable({
    TableName: table,
    ...adoptionTableSchema,
  });
  dynamo.destroy();
  const environment = environmentOf({
    REKEY_ADOPTION_TABLE: table,
    VAULT_ADDR: stack.vault.address,
    VAULT_AUTH: "token",
    VAULT_CREDENTIAL_SECRET: "rekey/vault",
  });
  ports = operatorPorts(environment);
  mirror = environmentMirror(environment, secretsManagerStore(secrets));
  await create("db/orders");
  await create("db/billing", { masterarn: admin.ARN });
  await secrets.createSecret({ Name: "other/thing", SecretString: "canary" });
});
afterAll(async () => {
  secrets.destroy();
  await stack.stop();
  await postgres.stop();
});

test("a secret is adopted when the doctor finds nothing against it, and its value stays as it was", async () => {
  const before = await secrets.getSecretValue({ SecretId: "db/orders" });
  for (const name of ["db/orders", "db/billing"]) {
    const adopted = await adoptSecret(
      { doctor: { rotation: deps() }, administration: administration() },
      name,
      { ...everyMonth, functionArn, tags: new Map([["rekey:subscribers", "api worker"]]) },
      call,
    );
    expect(adopted.outcome).toBe("adopted");
    expect(adopted.actions.join("\n")).toContain(`RotateSecret ${name}: function ${functionArn}, every 30 days`);
  }
  await stack.secretsManager.idle();
  const described = await secrets.describeSecret({ SecretId: "db/orders" });
  expect(described).toMatchObject({ RotationEnabled: true, RotationLambdaARN: functionArn });
  expect((await secrets.getSecretValue({ SecretId: "db/orders" })).VersionId).toBe(before.VersionId);
});

test("a secret whose rotation would fail is not adopted, and is told why", async () => {
  const { host, port } = postgres;
  const value = { engine: "postgres", host, port, username: "nobody", password: "canary", ssl: false };
  await secrets.createSecret({ Name: "db/wrong", SecretString: JSON.stringify(value) });
  const ports = { doctor: { rotation: deps() }, administration: administration() };
  const { outcome, findings } = await adoptSecret(ports, "db/wrong", { ...everyMonth, functionArn }, call);
  expect(outcome).toBe("refused");
  expect(findings.map(({ code }) => code)).toContain("credential-refused");
  expect((await secrets.describeSecret({ SecretId: "db/wrong" })).RotationEnabled).toBeUndefined();
});

test("the fleet is a page of what is managed, by name, found by words of the name and by a tag", async () => {
  const page = await fleetPage(ports, {}, call);
  expect(page.secrets.map(({ name, health }) => `${name} ${health}`)).toEqual([
    "db/billing healthy",
    "db/orders healthy",
  ]);
  const one = await fleetPage(ports, { limit: 1 }, call);
  const next = await fleetPage(ports, { limit: 1, ...(one.cursor === undefined ? {} : { cursor: one.cursor }) }, call);
  expect([...one.secrets, ...next.secrets].map(({ name }) => name)).toEqual(["db/billing", "db/orders"]);
  const found = async (query: object) => (await fleetPage(ports, query, call)).secrets.map(({ name }) => name);
  expect(await found({ search: "ORD" })).toEqual(["db/orders"]);
  expect(await found({ search: "rders" })).toEqual([]);
  expect(await found({ tag: { key: "rekey:subscribers", value: "api worker" } })).toHaveLength(2);
  expect(await found({ tag: { key: "rekey:subscribers", value: "api" } })).toEqual([]);
  expect(await found({ everySecret: true })).toContain("other/thing");
});

test("a campaign rotates with the deployed function and tells each step from its log", async () => {
  const events = await rotate("db/orders", "db/billing");
  expect(events.at(-1)).toMatchObject({ type: "campaign-finished", rotated: 2, failed: 0 });
  const steps = events.flatMap((event) =>
    event.type === "step" && event.secretArn === arns.get("db/orders") ? [event.step.step] : [],
  );
  expect(steps).toEqual(["createSecret", "setSecret", "testSecret", "finishSecret"]);
});

test("history tells the versions, the rotation step by step, and who asked for it", async () => {
  const history = await secretHistory(ports, "db/orders", call);
  expect(history.unseen).toEqual([]);
  expect(history.reason).toBe("test of the fleet");
  expect(history.versions.map(({ labels }) => labels)).toEqual([["AWSCURRENT"], ["AWSPREVIOUS"]]);
  const [latest] = history.rotations;
  expect(latest).toMatchObject({ outcome: "succeeded", labels: ["AWSCURRENT"] });
  expect(latest?.steps.map(({ step, outcome }) => `${step} ${outcome}`)).toEqual([
    "createSecret done",
    "setSecret done",
    "testSecret done",
    "finishSecret done",
  ]);
  const rotated = history.records.find(({ what }) => what === "RotateSecret");
  expect(rotated?.who).toMatch(/^arn:aws:iam::123456789012:/);
  expect(history.records.map(({ what }) => what)).toContain("RotationSucceeded");
  expect(history.records.map(({ what }) => what)).not.toContain("DescribeSecret");
});

test("history says which source it may not ask, and tells the rest", async () => {
  const key = stack.aws.principals.assumeRole("reader", "s", [
    { Statement: { Effect: "Allow", Action: "secretsmanager:*", Resource: "*" } },
  ]);
  const before = { ...process.env };
  Object.assign(process.env, {
    AWS_ACCESS_KEY_ID: key.accessKeyId,
    AWS_SECRET_ACCESS_KEY: key.secretAccessKey,
    AWS_SESSION_TOKEN: key.sessionToken,
  });
  const reader = operatorPorts(environmentOf({}));
  const history = await secretHistory(reader, "db/orders", call);
  process.env = before;
  expect(history.unseen.toSorted((one) => (one.source === "step-log" ? -1 : 1))).toEqual([
    { source: "step-log", code: "access-denied" },
    { source: "audit-trail", code: "access-denied" },
  ]);
  expect(history.versions).toHaveLength(2);
});

test("details tell each cluster's revision and who uses which version; a mirror by hand brings it up to date", async () => {
  const view = async () => (await secretDetails(ports, "db/orders", call)).mirrors[0];
  await expect.poll(async () => (await view())?.state, soon).toBe("current");
  const { versions } = await secretDetails(ports, "db/orders", call);
  const [current, previous] = versions.map(({ versionId }) => versionId);
  const { dynamoDbAdoptions } = await import("../../shared/aws/dynamodb/adoptions.ts");
  const dynamo = new DynamoDB(stack.clientConfig);
  const adoptions = dynamoDbAdoptions(dynamo, table);
  const secretArn = arns.get("db/orders") ?? "";
  await adoptions.note({ secretArn, versionId: previous ?? "", subscriber: "api" }, call);
  await adoptions.note({ secretArn, versionId: previous ?? "", subscriber: "worker" }, call);
  await adoptions.note({ secretArn, versionId: current ?? "", subscriber: "worker" }, call);
  dynamo.destroy();
  const details = await secretDetails(ports, "db/orders", call);
  expect(details.subscribers).toEqual([
    { name: "api", expected: true, versionId: previous, adoptedAt: expect.any(Date) },
    { name: "worker", expected: true, versionId: current, adoptedAt: expect.any(Date) },
  ]);
  expect(details.adoption).toEqual({ state: "some", adopted: ["worker"], waitingFor: ["api"] });

  const headers = { "x-vault-token": stack.vault.rootToken };
  await fetch(`${stack.vault.address}/v1/secret/metadata/db/orders`, { method: "DELETE", headers });
  expect(await view()).toMatchObject({ cluster: stack.vault.address, state: "missing", revision: 0 });
  const publisher = silentPublisher;
  const told = await collect(
    mirrorFleet({ store: secretsManagerStore(secrets), mirror, publisher }, ["db/orders", "nobody"], call),
  );
  expect(told).toContainEqual(expect.objectContaining({ secretId: "db/orders", outcome: "written" }));
  expect(await view()).toMatchObject({ state: "current", revision: 1, versionId: current });
});

test("the status of a page is one read of the table and one of each cluster for each secret", async () => {
  const { secrets: page } = await fleetPage(ports, {}, call);
  const before = stack.aws.requests.length;
  const statuses = await secretStatuses(ports, page, call);
  expect(stack.aws.requests.slice(before).map(({ operation }) => operation)).toEqual(["BatchGetItem"]);
  expect([...statuses.values()].map(({ mirrors }) => mirrors[0]?.state)).toEqual(["current", "current"]);
});

test("a rollback is refused where the former credential does not log in, and nothing is changed", async () => {
  const ports = { rotation: deps(), administration: administration() };
  const before = await secrets.listSecretVersionIds({ SecretId: "db/orders" });
  await expect(rollBackSecret(ports, "db/orders", {}, call)).rejects.toMatchObject({
    code: "rollback-refused",
    hint: expect.stringContaining("rotate anew"),
  });
  await expect(planRollback(ports, "other/thing", call)).rejects.toMatchObject({ code: "rollback-refused" });
  expect(await secrets.listSecretVersionIds({ SecretId: "db/orders" })).toMatchObject({ Versions: before.Versions });
});

test("a rollback of alternating users makes the former user current again, in a new version that Vault follows", async () => {
  await rotate("db/billing");
  // AWS tells times by the second: a change in the very second of the rotation would be taken for the rotation's own.
  await stack.clock.advance(2_000);
  const ports = { rotation: deps(), administration: administration() };
  const current = await secrets.getSecretValue({ SecretId: "db/billing" });
  const former = await secrets.getSecretValue({ SecretId: "db/billing", VersionStage: "AWSPREVIOUS" });
  await expect(rollBackSecret(ports, "db/billing", { expects: "another plan's" }, call)).rejects.toMatchObject({
    code: "rollback-refused",
    hint: "look at the new plan",
  });
  const plan = await rollBackSecret(ports, "db/billing", { reason: "worse than before" }, call);
  expect(plan).toMatchObject({ strategy: "alternating-users", currentVersionId: current.VersionId });
  const now = await secrets.getSecretValue({ SecretId: "db/billing" });
  expect([now.VersionId, now.SecretString]).toEqual([plan.versionId, former.SecretString]);
  const left = await secrets.getSecretValue({ SecretId: "db/billing", VersionStage: "AWSPREVIOUS" });
  expect(left.VersionId).toBe(current.VersionId);
  const view = operatorPorts(
    environmentOf({ VAULT_ADDR: stack.vault.address, VAULT_AUTH: "token", VAULT_CREDENTIAL_SECRET: "rekey/vault" }),
  );
  await expect
    .poll(async () => (await secretDetails(view, "db/billing", call)).mirrors[0]?.state, soon)
    .toBe("current");
  await expect(rollBackSecret(ports, "db/billing", {}, call)).rejects.toMatchObject({ code: "rollback-refused" });
  expect((await rotate("db/billing")).at(-1)).toMatchObject({ rotated: 1, failed: 0 });
});

test("every managed secret is listed with one call for a hundred", async () => {
  const listed = await collect(fleet(ports, {}, call));
  expect(listed.map(({ name }) => name)).toEqual(["db/billing", "db/orders"]);
  const printed = JSON.stringify([listed, await secretHistory(ports, "db/orders", call)]);
  expect(printed).not.toContain("canary");
});
