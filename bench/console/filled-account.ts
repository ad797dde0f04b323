import { startAwsFront } from "../../local/aws/front.ts";
import { isMembers, type Members } from "../../shared/answers/members.ts";
import { text } from "../../local/aws/members.ts";
import { createPrincipals } from "../../local/aws/principals.ts";
import type { AwsService, FunctionInvoker } from "../../local/aws/service.ts";
import { movableClock } from "../../local/clock.ts";
import { createDynamoDb } from "../../local/dynamodb/service.ts";
import { createSecretsManager } from "../../local/secrets-manager/service.ts";
import { adoptionTableSchema } from "../../tests/support/adoption-table.ts";
import { startVault } from "../../local/vault/server.ts";
import { strategyTag, subscribersTag } from "../../shared/tags/tag-names.ts";

export interface FilledAccount {
  readonly endpoint: string;
  readonly vaultAddress: string;
  /** ListSecrets so far. */
  readonly lists: () => number;
  /** Changes one secret: a tag of it. */
  touch(): Promise<void>;
  stop(): Promise<void>;
}

const region = "us-east-1";
const accountId = "123456789012";
export const table = "adoptions";
const functionArn = `arn:aws:lambda:${region}:${accountId}:function:rekey-rotate-postgres`;
const dayMs = 24 * 3_600_000;
/** The first of them stand in Vault and in the adoption table: a page of the console. */
export const pageSecrets = 50;
/** The account's clock is behind the console's: what is due in between is overdue, and not begun. */
const startedDaysAgo = 45;
const daysOfFilling = 20;

export const secretNameAt = (at: number): string => {
  const digits = (value: number, count: number): string => String(value).padStart(count, "0");
  return `prod/area-${digits(Math.floor(at / 5_000), 3)}/service-${digits(at, 6)}/database`;
};

export const teamOf = (at: number): string => `team-${at % 40}`;

/** Of a hundred secrets: two without rotation, one each stuck, overdue and deleted. */
const isOff = (at: number): boolean => at % 50 === 9;
const isStuck = (at: number): boolean => at % 100 === 17;
const isOverdue = (at: number): boolean => at % 100 === 23;
const isDeleted = (at: number): boolean => at % 100 === 77;

const tagsOf = (at: number): readonly object[] =>
  Object.entries({
    [subscribersTag]: "api worker",
    team: teamOf(at),
    environment: "prod",
    ...(at % 3 === 0 ? { [strategyTag]: "alternating-users" } : {}),
  }).map(([Key, Value]) => ({ Key, Value }));

const pending = { SecretString: "{}", VersionStages: ["AWSPENDING"] };

function currentOf({ VersionIdsToStages }: Members): string {
  const versions = Object.entries(isMembers(VersionIdsToStages) ? VersionIdsToStages : {});
  return versions.find(([, labels]) => Array.isArray(labels) && labels.includes("AWSCURRENT"))?.[0] ?? "";
}

/**
 * Secrets Manager, the adoption table and Vault of the local stack with so many secrets, rotated once, of all ages up to 45
 * days. The services are called without HTTP, and rotate without a database: by requests it would take minutes.
 */
export async function startFilledAccount(secrets: number): Promise<FilledAccount> {
  const clock = movableClock(Date.now() - startedDaysAgo * dayMs);
  const principals = createPrincipals(accountId);
  const http = { method: "POST", path: "/", headers: {}, body: Buffer.alloc(0) };
  const call = async (service: AwsService, operation: string, input: Members): Promise<Members> => {
    const { body } = await service.handle({ operation, input, region, principal: principals.administrator, http });
    return isMembers(body) ? body : {};
  };
  const functions: FunctionInvoker = {
    mayInvoke: () => true,
    async invoke(_arn, event) {
      const { Step, SecretId, ClientRequestToken } = isMembers(event) ? event : {};
      if (Step === "createSecret") {
        await call(manager, "PutSecretValue", { SecretId, ClientRequestToken, ...pending });
      } else if (Step === "finishSecret") {
        const current = currentOf(await call(manager, "DescribeSecret", { SecretId }));
        const move = { VersionStage: "AWSCURRENT", MoveToVersionId: ClientRequestToken, RemoveFromVersionId: current };
        await call(manager, "UpdateSecretVersionStage", { SecretId, ...move });
      }
      return { ok: true, payload: null };
    },
  };
  const manager = createSecretsManager({ clock, accountId, functions });
  const dynamo = createDynamoDb({ region, accountId });
  const vault = await startVault({ clock });
  await call(dynamo, "CreateTable", {
    TableName: table,
    ...adoptionTableSchema,
  });
  const token = (): string => crypto.randomUUID();
  await call(manager, "CreateSecret", {
    Name: "rekey/vault",
    ClientRequestToken: token(),
    SecretString: vault.rootToken,
  });

  async function create(at: number): Promise<void> {
    const created = { Name: secretNameAt(at), ClientRequestToken: token(), SecretString: "{}", Tags: tagsOf(at) };
    const SecretId = text(await call(manager, "CreateSecret", created), "ARN");
    if (isOff(at)) return;
    const RotationRules = { AutomaticallyAfterDays: isOverdue(at) ? daysOfFilling + 2 : 60 + (at % 30) };
    const rotation = { RotationLambdaARN: functionArn, RotationRules };
    await call(manager, "RotateSecret", { SecretId, ClientRequestToken: token(), ...rotation });
  }
  /** What comes on top of a rotation that has ended. */
  async function disturb(at: number): Promise<void> {
    const SecretId = secretNameAt(at);
    if (isStuck(at)) await call(manager, "PutSecretValue", { SecretId, ClientRequestToken: token(), ...pending });
    if (isDeleted(at)) await call(manager, "DeleteSecret", { SecretId });
  }
  async function mirrorAndAdopt(at: number): Promise<void> {
    const described = await call(manager, "DescribeSecret", { SecretId: secretNameAt(at) });
    const versionId = currentOf(described);
    await call(dynamo, "UpdateItem", {
      TableName: table,
      Key: { secretArn: { S: described["ARN"] }, versionId: { S: versionId } },
      UpdateExpression: "ADD adoptedBy :subscriber",
      ExpressionAttributeValues: { ":subscriber": { SS: at % 2 === 0 ? ["api"] : ["api", "worker"] } },
    });
    await fetch(`${vault.address}/v1/secret/data/${secretNameAt(at)}`, {
      method: "POST",
      headers: { "x-vault-token": vault.rootToken },
      body: JSON.stringify({ data: { username: "app", rekey_version_id: versionId } }),
    });
  }
  const perDay = Math.ceil(secrets / daysOfFilling);
  for (let from = 0; from < secrets; from += perDay) {
    const to = Math.min(from + perDay, secrets);
    for (let at = from; at < to; at++) await create(at);
    await manager.idle();
    for (let at = from; at < to; at++) await disturb(at);
    await clock.advance(dayMs);
  }
  for (let at = 0; at < pageSecrets; at++) await mirrorAndAdopt(at);

  const front = await startAwsFront({ services: [manager, dynamo], accountId, principals });
  return {
    endpoint: front.endpoint,
    vaultAddress: vault.address,
    lists: () => front.requests.filter(({ operation }) => operation === "ListSecrets").length,
    async touch() {
      await call(manager, "TagResource", { SecretId: secretNameAt(0), Tags: [{ Key: "touched", Value: token() }] });
    },
    async stop() {
      await Promise.all([front.stop(), vault.stop()]);
      clock.stop();
    },
  };
}
