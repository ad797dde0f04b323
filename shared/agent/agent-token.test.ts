import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
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

test.each(["token\n", "token\r\n", "\uFEFFtoken\r\n", "  token\n\n"])(
  "the text %j of a file is its token",
  async (text) => {
    expect((await agentToken({ AWS_TOKEN: await tokenFile(text, 0o440) })).reveal()).toBe("token");
  },
);

test.each(["file://", "FILE://", "file:", "file://localhost", ""])(
  "a file is named by %s and its path",
  async (scheme) => {
    const path = (await tokenFile("token", 0o440)).slice("file://".length);
    expect((await agentToken({ AWS_TOKEN: `${scheme}${path}` })).reveal()).toBe("token");
    expect((await agentToken({ AWS_TOKEN: ` ${scheme}${path}\n` })).reveal()).toBe("token");
  },
);

test("a random token that begins with a slash is a token", async () => {
  expect((await agentToken({ AWS_TOKEN: "/8Jd+token/of=" })).reveal()).toBe("/8Jd+token/of=");
});

test("a file is read through the links of a Kubernetes mount, and its own mode counts", async () => {
  const path = (await tokenFile("token", 0o640)).slice("file://".length);
  const folder = dirname(path);
  await mkdir(join(folder, "..2026_11_30"));
  await writeFile(join(folder, "..2026_11_30", "own"), "linked", { mode: 0o440 });
  await symlink("..2026_11_30", join(folder, "..data"));
  await symlink("..data/own", join(folder, "own"));
  const named = { AWS_TOKEN: `file://${join(folder, "own")}` };
  expect((await agentToken(named)).reveal()).toBe("linked");
  await chmod(join(folder, "..2026_11_30", "own"), 0o644);
  await expect(agentToken(named)).rejects.toMatchObject({ code: "option-invalid" });
});

test.each(["/dev/zero", "/dev/null", "/tmp"])("%s is refused, and not read for ever", async (path) => {
  await expect(agentToken({ AWS_TOKEN: `file://${path}` })).rejects.toMatchObject({ code: "option-invalid" });
});

test.each(["two\nlines", "t\u00F6ken", "a\u0000b"])("%j, which no header can carry, is refused", async (AWS_TOKEN) => {
  await expect(agentToken({ AWS_TOKEN })).rejects.toMatchObject({
    context: { problem: expect.stringContaining("header") },
  });
});
