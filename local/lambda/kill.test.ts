import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { FailedInvocation } from "./deployed-function.ts";
import { startStack } from "../stack.ts";

test("a container that is killed fails its own invocation and no other, and the next one has a new container and key", async () => {
  const folder = await mkdtemp(join(tmpdir(), "rekey-kill-"));
  const bundlePath = join(folder, "index.mjs");
  await writeFile(
    bundlePath,
    `import { once } from "node:events";
    import { createServer } from "node:net";
    export async function handler({ waits }) {
      console.log("key", process.env.AWS_ACCESS_KEY_ID);
      if (waits) await once(createServer().listen(0, "127.0.0.1"), "connection");
      return process.env.AWS_ACCESS_KEY_ID;
    }`,
  );
  const stack = await startStack();
  onTestFinished(async () => {
    await stack.stop();
    await rm(folder, { recursive: true });
  });
  const functionArn = await stack.lambda.deploy({ name: "waiting", bundlePath });
  const keys = (): readonly string[] => stack.lambda.logs.map(({ line }) => line.replace("key ", ""));

  const killed = stack.lambda.invoke(functionArn, { waits: true });
  await expect.poll(keys).toHaveLength(1);
  const [key = ""] = keys();
  const other = await stack.lambda.invoke(functionArn, { waits: false });
  expect(other).toEqual({ ok: true, payload: keys()[1] });
  expect(keys()[1]).not.toBe(key);

  const failures: FailedInvocation[] = [];
  stack.lambda.onFailure((failed) => failures.push(failed));
  expect(stack.lambda.kill(keys()[1] ?? "")).toBe(false);
  expect(stack.lambda.kill(key)).toBe(true);
  expect(await killed).toMatchObject({ ok: false, errorType: "Runtime.ExitError" });
  expect(failures).toEqual([{ functionName: "waiting", event: '{"waits":true}', errorType: "Runtime.ExitError" }]);
  expect(stack.lambda.kill(key)).toBe(false);
  expect(await stack.lambda.invoke(functionArn, { waits: false })).toEqual({ ok: true, payload: keys()[1] });
});
