import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { renewedKeys } from "./credentials.ts";
import { fileKeys } from "./file-keys.ts";

const keysOf = (name: string): string =>
  `[default]\r\naws_access_key_id = ${name}\n# a remark\naws_secret_access_key=canary/${name}=\naws_session_token=token\n[other]\naws_access_key_id = another\n`;

function fileOf(content: string, mode = 0o600): string {
  const folder = mkdtempSync(join(tmpdir(), "rekey-keys-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "credentials");
  writeFileSync(path, content);
  chmodSync(path, mode);
  return path;
}

test("temporary keys of the default profile are read, and read again after five minutes or when they have expired", async () => {
  const path = fileOf(keysOf("first"));
  let nowMs = 0;
  const { keys, forget } = renewedKeys(
    async () => fileKeys(path, () => nowMs),
    () => nowMs,
  );
  expect(await keys()).toMatchObject({
    accessKeyId: "first",
    secretAccessKey: "canary/first=",
    sessionToken: "token",
  });
  writeFileSync(path, keysOf("second"));
  nowMs = 299_999;
  expect(await keys()).toMatchObject({ accessKeyId: "first" });
  nowMs = 300_000;
  expect(await keys()).toMatchObject({ accessKeyId: "second" });
  writeFileSync(path, keysOf("third"));
  forget();
  expect(await keys()).toMatchObject({ accessKeyId: "third" });
  // Half written: what was read is used for as long as it is sure to work.
  writeFileSync(path, "[default]\naws_access");
  nowMs = 700_000;
  expect(await keys()).toMatchObject({ accessKeyId: "third" });
  nowMs = 900_000;
  await expect(keys()).rejects.toMatchObject({ code: "credentials-missing" });
});

test.each([
  ["keys of an IAM user", keysOf("user").replace("aws_session_token=token", ""), 0o600, "no aws_session_token"],
  ["no keys", "[default]\n", 0o600, "no keys"],
  ["keys of another profile alone", keysOf("x").replace("[default]", "[prod]"), 0o600, "no keys"],
  ["a file that everybody can read", keysOf("x"), 0o644, "others than"],
  ["a file that the group can write", keysOf("x"), 0o660, "others than"],
])("%s are refused, and not shown", async (_what, content, mode, problem) => {
  const failure = await fileKeys(fileOf(content, mode)).catch((error: unknown) => error);
  expect(failure).toMatchObject({
    code: "credentials-missing",
    context: { problem: expect.stringContaining(problem) },
  });
  expect(String(failure)).not.toContain("canary");
});

test("a file that is not there is one that may come", async () => {
  await expect(fileKeys("/nowhere/keys")).rejects.toMatchObject({ code: "credentials-missing" });
});
