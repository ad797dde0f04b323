import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { agentToken } from "./agent-token.ts";

async function tokenFile(text: string, mode: number): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "rekey-token-"));
  onTestFinished(async () => rm(folder, { recursive: true }));
  const file = join(folder, "token");
  await writeFile(file, text);
  await chmod(file, mode);
  return `file://${file}`;
}

test("the first variable that is set counts, in the order of AWS's agent", async () => {
  const container = { AWS_CONTAINER_AUTHORIZATION_TOKEN: "container" };
  const session = { ...container, AWS_SESSION_TOKEN: "session" };
  expect((await agentToken(container)).reveal()).toBe("container");
  expect((await agentToken(session)).reveal()).toBe("session");
  expect((await agentToken({ ...session, AWS_TOKEN: "own" })).reveal()).toBe("own");
  expect((await agentToken({ ...session, AWS_TOKEN: "" })).reveal()).toBe("session");
});

test.each([0o400, 0o440, 0o600, 0o640])(
  "a file of mode %o is read, without the space around its text",
  async (mode) => {
    expect((await agentToken({ AWS_TOKEN: await tokenFile(" token\n", mode) })).reveal()).toBe("token");
  },
);

test.each([0o404, 0o444, 0o460, 0o420, 0o402])("a file of mode %o is refused", async (mode) => {
  await expect(agentToken({ AWS_TOKEN: await tokenFile("canary", mode) })).rejects.toMatchObject({
    code: "option-invalid",
    context: { option: "AWS_TOKEN" },
    hint: expect.stringContaining("0440"),
  });
});

test("no token, or an empty one, is refused", async () => {
  await expect(agentToken({})).rejects.toMatchObject({ code: "option-invalid", context: { problem: "not set" } });
  const AWS_TOKEN = await tokenFile("\n", 0o440);
  await expect(agentToken({ AWS_TOKEN })).rejects.toMatchObject({ context: { problem: "empty" } });
});
