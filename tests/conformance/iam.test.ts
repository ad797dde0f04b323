import {
  CreateAccessKeyCommand,
  CreateUserCommand,
  DeleteAccessKeyCommand,
  GetAccessKeyLastUsedCommand,
  GetUserCommand,
  IAMClient,
  ListAccessKeysCommand,
  TagUserCommand,
  UpdateAccessKeyCommand,
} from "@aws-sdk/client-iam";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startIam } from "../support/iam-fixture.ts";
import { type IamServer, startMotoIam } from "../support/moto-iam.ts";
import { outsideProgram } from "../support/outside-program.ts";

const moto = outsideProgram("REKEY_MOTO", "PyPI: moto[server]");
const region = "us-east-1";

type Answers = Readonly<Record<string, unknown>>;

/** An answer without what no two servers have alike: ids, secrets, times, words. */
function plain(value: unknown): unknown {
  const text = JSON.stringify(value, (name, member: unknown) =>
    name === "$metadata" || name === "IsTruncated" ? undefined : member,
  );
  return JSON.parse(
    text
      .replaceAll(/AKIA[A-Z0-9]{16}/gu, "<key>")
      .replaceAll(/AIDA[A-Z0-9]{16,17}|[a-z0-9]{20}(?=")/gu, "<user>")
      .replaceAll(/"SecretAccessKey":"[^"]{40}"/gu, '"SecretAccessKey":"<secret>"')
      .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/gu, "<time>"),
  );
}

/** The same calls, in order, and what came of each. */
async function converse({ endpoint, credentials }: IamServer): Promise<Answers> {
  const settings = { endpoint, region, maxAttempts: 1 };
  const iam = new IAMClient({ ...settings, credentials });
  const answers: Record<string, unknown> = {};
  const note = async <Answer>(what: string, work: Promise<Answer>): Promise<Answer | undefined> => {
    try {
      const answer = await work;
      answers[what] = plain(answer);
      return answer;
    } catch (error) {
      const { name, $metadata } = error as Error & {
        readonly $metadata?: { readonly httpStatusCode?: number };
      };
      answers[what] = { name, status: $metadata?.httpStatusCode };
      return undefined;
    }
  };
  const user = { UserName: "mailer" };
  const whoIs = async (what: string, accessKeyId = "", secretAccessKey = ""): Promise<void> => {
    const sts = new STSClient({ ...settings, credentials: { accessKeyId, secretAccessKey } });
    try {
      const { Arn } = await sts.send(new GetCallerIdentityCommand({}));
      answers[what] = Arn;
    } catch (error) {
      answers[what] = (error as Error).name;
    } finally {
      sts.destroy();
    }
  };

  await note("a user that is not there", iam.send(new GetUserCommand(user)));
  await note("keys of a user that is not there", iam.send(new ListAccessKeysCommand(user)));
  const Tags = [{ Key: "team", Value: "mail" }];
  await note("a new user", iam.send(new CreateUserCommand({ ...user, Path: "/rekey/", Tags })));
  await note("the same user again", iam.send(new CreateUserCommand(user)));
  await note("tags", iam.send(new TagUserCommand({ ...user, Tags: [{ Key: "rekey:a", Value: "b c" }] })));
  await note(
    "a tag replaced by nothing",
    iam.send(new TagUserCommand({ ...user, Tags: [{ Key: "rekey:a", Value: "" }] })),
  );
  await note("the user", iam.send(new GetUserCommand(user)));
  const made = await note("a key", iam.send(new CreateAccessKeyCommand(user)));
  const { AccessKeyId = "", SecretAccessKey = "" } = made?.AccessKey ?? {};
  const key = { ...user, AccessKeyId };
  await note("a key that never signed", iam.send(new GetAccessKeyLastUsedCommand({ AccessKeyId })));
  await whoIs("who signs", AccessKeyId, SecretAccessKey);
  await note("a key that signed", iam.send(new GetAccessKeyLastUsedCommand({ AccessKeyId })));
  await whoIs("a wrong secret", AccessKeyId, `${SecretAccessKey.slice(1)}x`);
  await note("a second key", iam.send(new CreateAccessKeyCommand(user)));
  await note("a third key", iam.send(new CreateAccessKeyCommand(user)));
  await note("both keys", iam.send(new ListAccessKeysCommand(user)));
  await note("deactivated", iam.send(new UpdateAccessKeyCommand({ ...key, Status: "Inactive" })));
  await note("one of them inactive", iam.send(new ListAccessKeysCommand(user)));
  await whoIs("an inactive key", AccessKeyId, SecretAccessKey);
  await note("deleted", iam.send(new DeleteAccessKeyCommand(key)));
  await note("deleted again", iam.send(new DeleteAccessKeyCommand(key)));
  await note("a deleted key changed", iam.send(new UpdateAccessKeyCommand({ ...key, Status: "Active" })));
  await whoIs("a deleted key", AccessKeyId, SecretAccessKey);
  iam.destroy();
  return answers;
}

let local: Answers;
beforeAll(async () => {
  const iam = await startIam();
  local = await converse({
    endpoint: iam.front.endpoint,
    credentials: { accessKeyId: "administrator", secretAccessKey: "administrator" },
    stop: iam.stop,
  });
  await iam.stop();
});

test("an inactive key and a deleted one are refused as one that is not known, a wrong secret by its signature", () => {
  expect(local).toMatchObject({
    "who signs": "arn:aws:iam::123456789012:user/rekey/mailer",
    "a wrong secret": "SignatureDoesNotMatch",
    "an inactive key": "InvalidClientTokenId",
    "a deleted key": "InvalidClientTokenId",
  });
});

describe.skipIf(moto === undefined)("moto", () => {
  let server: IamServer;
  beforeAll(async () => {
    server = await startMotoIam(moto ?? "");
  });
  afterAll(async () => server?.stop());

  test("answers the same calls alike, but for an inactive key, which it takes and AWS refuses", async () => {
    const answers = await converse(server);
    const { "an inactive key": taken, ...alike } = answers;
    const { "an inactive key": refused, ...ours } = local;
    expect([taken, refused]).toEqual(["arn:aws:iam::123456789012:user/rekey/mailer", "InvalidClientTokenId"]);
    expect(ours).toEqual(alike);
  });
});
