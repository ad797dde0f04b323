import { randomUUID } from "node:crypto";
import { denial, type Caller } from "../aws/iam.ts";
import type { Members } from "../../shared/answers/members.ts";
import { optionalText, text } from "../aws/members.ts";
import { readPolicyDocument } from "../aws/policy-document.ts";
import { AwsError, type AwsService, type PolicyDocument, type PolicyStatement } from "../aws/service.ts";
import type { Clock } from "../clock.ts";

export interface KmsOptions {
  readonly clock: Clock;
  readonly region: string;
  readonly accountId: string;
}

interface Key {
  readonly id: string;
  readonly arn: string;
  readonly description: string;
  readonly createdAtMs: number;
  policy: string;
  deletionAtMs?: number;
}

export interface KeyUse {
  /** An ARN, an id or an alias, as the service that uses the key was told. */
  readonly key: string;
  readonly caller: Caller;
  readonly actions: readonly string[];
  /** What the calling service says of where the call comes from. */
  readonly context: Readonly<Record<string, string | undefined>>;
}

export interface Kms extends AwsService {
  /** Why a caller may not use a key; `undefined` when it may. */
  refusal(use: KeyUse): string | undefined;
  /** Keys that no deletion is scheduled for. */
  keys(): readonly string[];
}

const day = 86_400_000;
const notFound = (id: string): AwsError => new AwsError("NotFoundException", `Key '${id}' does not exist`);

/** Whether a key's policy hands the decision to its account's identity policies. */
function delegates({ Principal }: PolicyStatement, accountId: string): boolean {
  const named = typeof Principal === "object" && Principal !== null && "AWS" in Principal ? Principal.AWS : undefined;
  return [named].flat().some((value) => value === `arn:aws:iam::${accountId}:root` || value === accountId);
}

/** AWS KMS in memory, as far as services ask it whether they may use a key: nothing here is encrypted. */
export function createKms({ clock, region, accountId }: KmsOptions): Kms {
  const keys = new Map<string, Key>();
  const aliases = new Map<string, string>();
  const find = (name: string): Key | undefined => {
    const bare = name.startsWith("arn:") ? name.split(":").slice(5).join(":") : name;
    return keys.get(bare.startsWith("alias/") ? (aliases.get(bare) ?? "") : bare.replace(/^key\//u, ""));
  };
  const keyOf = (input: Members): Key => {
    const key = find(text(input, "KeyId"));
    if (key === undefined) throw notFound(text(input, "KeyId"));
    return key;
  };
  const described = ({ id, arn, description, createdAtMs, deletionAtMs }: Key): Members => ({
    KeyMetadata: {
      AWSAccountId: accountId,
      KeyId: id,
      Arn: arn,
      Description: description,
      CreationDate: createdAtMs / 1000,
      Enabled: deletionAtMs === undefined,
      KeyState: deletionAtMs === undefined ? "Enabled" : "PendingDeletion",
      KeyUsage: "ENCRYPT_DECRYPT",
      KeySpec: "SYMMETRIC_DEFAULT",
      KeyManager: "CUSTOMER",
    },
  });
  const root: PolicyDocument = {
    Statement: {
      Effect: "Allow",
      Principal: { AWS: `arn:aws:iam::${accountId}:root` },
      Action: "kms:*",
      Resource: "*",
    },
  };

  const operations: Readonly<Record<string, (input: Members) => Members>> = {
    CreateKey: (input) => {
      const id = randomUUID();
      const policy = optionalText(input, "Policy") ?? JSON.stringify(root);
      readPolicyDocument(policy);
      const arn = `arn:aws:kms:${region}:${accountId}:key/${id}`;
      const key = { id, arn, description: optionalText(input, "Description") ?? "", createdAtMs: clock.now(), policy };
      keys.set(id, key);
      return described(key);
    },
    DescribeKey: (input) => described(keyOf(input)),
    ListKeys: () => ({ Keys: [...keys.values()].map(({ id, arn }) => ({ KeyId: id, KeyArn: arn })), Truncated: false }),
    GetKeyPolicy: (input) => ({ Policy: keyOf(input).policy, PolicyName: "default" }),
    PutKeyPolicy: (input) => {
      const policy = text(input, "Policy");
      readPolicyDocument(policy);
      keyOf(input).policy = policy;
      return {};
    },
    ScheduleKeyDeletion: (input) => {
      const key = keyOf(input);
      key.deletionAtMs = clock.now() + 30 * day;
      return { KeyId: key.arn, KeyState: "PendingDeletion", DeletionDate: key.deletionAtMs / 1000 };
    },
    CreateAlias: (input) => {
      const name = text(input, "AliasName");
      if (aliases.has(name))
        throw new AwsError("AlreadyExistsException", `An alias with the name ${name} already exists`);
      aliases.set(name, keyOf({ KeyId: text(input, "TargetKeyId") }).id);
      return {};
    },
    UpdateAlias: (input) => {
      aliases.set(text(input, "AliasName"), keyOf({ KeyId: text(input, "TargetKeyId") }).id);
      return {};
    },
    DeleteAlias: (input) => {
      aliases.delete(text(input, "AliasName"));
      return {};
    },
    ListAliases: () => ({ Aliases: [...aliases].map(([AliasName, TargetKeyId]) => ({ AliasName, TargetKeyId })) }),
  };

  /** KMS asks the key's policy first; identity policies count only where that hands the decision to them. */
  const refusedAction = (key: Key, action: string, { caller, context }: KeyUse): string | undefined => {
    const policy = readPolicyDocument(key.policy);
    const request = { caller, action, resource: key.arn, context };
    const statements = [policy.Statement].flat();
    if ("service" in caller || statements.some((statement) => delegates(statement, accountId)))
      return denial({ ...request, resourcePolicy: policy });
    const { policies: _identity, ...bare } = caller;
    return denial({ ...request, caller: { ...bare, policies: [] }, resourcePolicy: policy });
  };

  return {
    name: "kms",
    targets: ["TrentService"],
    resources: ({ input }) => {
      const key = find(optionalText(input, "KeyId") ?? "");
      return key === undefined ? [] : [key.arn];
    },
    async handle({ operation, input }) {
      const run = Object.hasOwn(operations, operation) ? operations[operation] : undefined;
      if (run === undefined)
        throw new AwsError("UnknownOperationException", `The operation ${operation} is not emulated.`);
      return { body: run(input) };
    },
    refusal(use) {
      // AWS's own keys serve the principals of the account through the service that they are for, and no other service.
      if (/(?:^|:)alias\/aws\//u.test(use.key))
        return "service" in use.caller ? `because the key ${use.key} admits no service` : undefined;
      const key = find(use.key);
      if (key === undefined) return `because the key ${use.key} does not exist`;
      if (key.deletionAtMs !== undefined) return `because the key ${use.key} is pending deletion`;
      return use.actions.map((action) => refusedAction(key, action, use)).find((reason) => reason !== undefined);
    },
    keys: () => [...keys.values()].filter(({ deletionAtMs }) => deletionAtMs === undefined).map(({ arn }) => arn),
  };
}
