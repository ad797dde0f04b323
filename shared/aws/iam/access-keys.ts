import {
  CreateAccessKeyCommand,
  DeleteAccessKeyCommand,
  GetAccessKeyLastUsedCommand,
  GetUserCommand,
  type IAMClient,
  ListAccessKeysCommand,
  TagUserCommand,
  UpdateAccessKeyCommand,
} from "@aws-sdk/client-iam";
import type { STSClient } from "@aws-sdk/client-sts";
import type { AccessKeys } from "../../ports/access-keys.ts";
import { RekeyError } from "../../errors/rekey-error.ts";
import { SecretValue } from "../../secrets/secret-value.ts";
import { awsErrorName } from "../errors/translate-error.ts";
import { iamCall } from "./iam-call.ts";
import { keyIdentity } from "./key-identity.ts";

export interface AccessKeyClients {
  readonly iam: IAMClient;
  /** Sends nothing twice: a repeated CreateAccessKey makes another key. */
  readonly iamOnce: IAMClient;
  /** A client that signs with this key, and is closed after one request. */
  readonly stsOf: (key: { readonly accessKeyId: string; readonly secretAccessKey: string }) => STSClient;
}

/** What is not there is the answer to a question, and the end of a removal. */
async function orNone<Answer>(work: Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await work;
  } catch (error) {
    if (/^NoSuchEntity(?:Exception)?$/.test(awsErrorName(error))) return undefined;
    throw error;
  }
}

const isFull = (error: unknown): boolean => awsErrorName(error).startsWith("LimitExceeded");
const twoByNow = (user: string): RekeyError =>
  new RekeyError("database-busy", {
    context: { operation: "iam:CreateAccessKey", user },
    hint: "the user has two keys by now, of which the list did not show one yet: the step is repeated and looks again",
  });

/** IAM users' access keys, by the role of the function. */
export function iamAccessKeys({ iam, iamOnce, stsOf }: AccessKeyClients): AccessKeys {
  return {
    async owner(user, call) {
      const answer = await iamCall({ operation: "iam:GetUser", user }, call, async (options) =>
        orNone(iam.send(new GetUserCommand({ UserName: user }), options)),
      );
      const { Arn = "", Tags = [] } = answer?.User ?? {};
      if (answer === undefined) return undefined;
      return { arn: Arn, tags: new Map(Tags.map(({ Key = "", Value = "" }) => [Key, Value])) };
    },
    async list(user, call) {
      const { AccessKeyMetadata = [] } = await iamCall(
        { operation: "iam:ListAccessKeys", user },
        call,
        async (options) => iam.send(new ListAccessKeysCommand({ UserName: user }), options),
      );
      return AccessKeyMetadata.map(({ AccessKeyId = "", Status, CreateDate = new Date() }) => ({
        id: AccessKeyId,
        isActive: Status === "Active",
        createdAt: CreateDate,
      }));
    },
    async lastUse(keyId, call) {
      const { AccessKeyLastUsed: use } = await iamCall(
        { operation: "iam:GetAccessKeyLastUsed", key: keyId },
        call,
        async (options) => iam.send(new GetAccessKeyLastUsedCommand({ AccessKeyId: keyId }), options),
      );
      return use?.LastUsedDate === undefined ? undefined : { at: use.LastUsedDate, service: use.ServiceName ?? "" };
    },
    async create(user, call) {
      const { AccessKey: key } = await iamCall({ operation: "iam:CreateAccessKey", user }, call, async (options) =>
        iamOnce.send(new CreateAccessKeyCommand({ UserName: user }), options).catch((error: unknown) => {
          throw isFull(error) ? twoByNow(user) : error;
        }),
      );
      if (key?.AccessKeyId !== undefined && key.SecretAccessKey !== undefined)
        return { username: key.AccessKeyId, password: new SecretValue(key.SecretAccessKey) };
      throw new RekeyError("aws-refused", {
        context: { operation: "iam:CreateAccessKey", reason: "no key in the answer" },
      });
    },
    async deactivate(user, keyId, call) {
      const command = new UpdateAccessKeyCommand({ UserName: user, AccessKeyId: keyId, Status: "Inactive" });
      await iamCall({ operation: "iam:UpdateAccessKey", user }, call, async (options) =>
        orNone(iam.send(command, options)),
      );
    },
    async remove(user, keyId, call) {
      const command = new DeleteAccessKeyCommand({ UserName: user, AccessKeyId: keyId });
      await iamCall({ operation: "iam:DeleteAccessKey", user }, call, async (options) =>
        orNone(iam.send(command, options)),
      );
    },
    async tag(user, tags, call) {
      const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
      await iamCall({ operation: "iam:TagUser", user }, call, async (options) =>
        iam.send(new TagUserCommand({ UserName: user, Tags }), options),
      );
    },
    identity: async (key, call) => keyIdentity(stsOf, key, call),
  };
}
