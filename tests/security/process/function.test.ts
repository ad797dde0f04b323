import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { bundleFunction } from "../../../bundle/bundle-function.ts";
import { requireForCommonJs } from "../../../bundle/node-module.ts";
import { functionEnvironment } from "../../../bundle/function-environment.ts";
import { type InvocationOutcome, startContainer } from "../../../local/lambda/container.ts";

const carelessFunction = fileURLToPath(new URL("../../support/careless-function.ts", import.meta.url));
let folder = "";

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "rekey-careless-"));
  await build({
    entryPoints: [carelessFunction],
    outfile: path.join(folder, "careless.mjs"),
    bundle: true,
    format: "esm",
    platform: "node",
    banner: { js: requireForCommonJs },
    logLevel: "warning",
  });
});
afterAll(async () => rm(folder, { recursive: true }));

function start(bundlePath: string, variables: Readonly<Record<string, string>> = {}) {
  const lines: string[] = [];
  const container = startContainer({
    bundlePath,
    handlerName: "handler",
    environment: { ...functionEnvironment, _HANDLER: "index.handler", ...variables },
    onLogLine: (line) => void lines.push(line),
  });
  onTestFinished(async () => container.dispose());
  const invoke = async (event: object): Promise<InvocationOutcome> =>
    container.invoke(
      {
        requestId: "00000000-0000-4000-8000-000000000000",
        event: JSON.stringify(event),
        functionName: "careless",
        functionArn: "arn:aws:lambda:us-east-1:123456789012:function:careless",
        memoryMb: 128,
        logGroupName: "group",
        logStreamName: "stream",
        traceHeader: "",
      },
      20_000,
    );
  return { container, lines, invoke };
}

test.each(["rejection", "rejection without an error", "event without a listener"])(
  "a driver's failure that nobody listens to (%s) neither ends a function nor prints what it holds",
  async (fault) => {
    const { container, lines, invoke } = start(path.join(folder, "careless.mjs"));
    expect(await invoke({ fault })).toEqual({ ok: true, payload: '"done"' });
    expect(await invoke({ fault: "none" })).toEqual({ ok: true, payload: '"done"' });
    expect(container.alive).toBe(true);
    expect(lines.join("\n")).toMatch(/"not handled","name":"(?:Error|object)","code":"internal-fault"/);
    expect(lines.join("\n")).not.toContain("canary");
  },
);

test("a cold start with a faulty certificate authority says which variable, and not what is in it", async () => {
  const bundle = path.join(folder, "rotate-postgres.mjs");
  await bundleFunction("rotate-postgres", bundle);
  const { lines, invoke } = start(bundle, { REKEY_TLS_CA: "MIIcanary" });
  const outcome = await invoke({});
  expect(outcome).toMatchObject({ ok: false, error: { errorType: "RekeyError" } });
  expect(JSON.stringify(outcome)).toContain("option=REKEY_TLS_CA");
  expect(JSON.stringify([outcome, lines])).not.toContain("MIIcanary");
});
