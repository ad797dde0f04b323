import {
  GetSecretValueCommand,
  ListSecretVersionIdsCommand,
  SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import { expect, test } from "vitest";
import { secretsManagerStore } from "../../shared/aws/secrets-manager/secret-store.ts";

const call = { signal: new AbortController().signal };

/** Pages of versions without labels, as Secrets Manager lists them: in no order. */
function clientOf(pages: readonly (readonly string[])[], unreadable: readonly string[]): SecretsManagerClient {
  const client = new SecretsManagerClient({ region: "us-east-1" });
  const send = async (command: unknown): Promise<object> => {
    if (command instanceof ListSecretVersionIdsCommand) {
      const page = Number(command.input.NextToken ?? 0);
      return {
        Versions: (pages[page] ?? []).map((id) => ({ VersionId: id, CreatedDate: new Date(Number(id)) })),
        NextToken: page + 1 < pages.length ? String(page + 1) : undefined,
      };
    }
    if (!(command instanceof GetSecretValueCommand)) throw new Error("another call");
    const { VersionId = "" } = command.input;
    if (unreadable.includes(VersionId)) throw Object.assign(new Error("key"), { name: "DecryptionFailure" });
    return { VersionId, SecretString: `value ${VersionId}`, CreatedDate: new Date(Number(VersionId)) };
  };
  return Object.assign(client, { send });
}

test("the newest abandoned version is found on whichever page it stands", async () => {
  const store = secretsManagerStore(clientOf([["1", "2"], ["3"], ["9", "4"]], []));
  const found = await store.unlabelled("arn", 2, call);
  expect(found.map(({ versionId }) => versionId)).toEqual(["9", "4"]);
});

test("a version whose key is gone does not hide the others", async () => {
  const store = secretsManagerStore(clientOf([["1", "2", "3"]], ["3"]));
  const found = await store.unlabelled("arn", 3, call);
  expect(found.map(({ versionId }) => versionId)).toEqual(["2", "1"]);
});
