import { execFile } from "node:child_process";
import { resolve } from "node:path";
import { promisify } from "node:util";
import { expect, test, vi } from "vitest";

// Commands and servers start slowly on a busy machine.
vi.setConfig({ testTimeout: 150_000, hookTimeout: 120_000 });

const main = resolve(import.meta.dirname, "../../../cli/main.ts");

test.each([
  ["Redis", ["agent", "--port", "0", "--redis-url", "redis://:canary@127.0.0.1:1"]],
  ["an AWS endpoint", ["status", "--endpoint-url", "http://user:canary@127.0.0.1:1"]],
])("another user of the machine reads the password of %s from the list of processes: refused", async (_of, words) => {
  const env = { PATH: process.env["PATH"], AWS_REGION: "us-east-1", AWS_TOKEN: "token", AWS_ACCESS_KEY_ID: "test" };
  const bounded = { env, timeout: 60_000, killSignal: "SIGKILL" } as const;
  const failed = await promisify(execFile)(process.execPath, [main, ...words], bounded).catch(
    (error: unknown) => error as { readonly code: number; readonly stderr: string; readonly stdout: string },
  );
  expect(failed).toMatchObject({ code: 1, stdout: "" });
  expect(failed.stderr).toContain("option-invalid");
  expect(failed.stderr).toContain("REDIS_URL");
  expect(failed.stderr).not.toContain("canary");
});
