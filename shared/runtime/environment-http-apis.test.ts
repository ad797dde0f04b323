import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { environmentHttpApis } from "./environment-http-apis.ts";
import { environmentOf } from "./environment.ts";

const read = (REKEY_HTTP_APIS: string): string | undefined =>
  environmentHttpApis(environmentOf({ REKEY_HTTP_APIS })).apis;

test("descriptions are the variable's text, or a file's", async () => {
  const folder = await mkdtemp(path.join(tmpdir(), "rekey-http-apis-"));
  onTestFinished(async () => rm(folder, { recursive: true }));
  await writeFile(path.join(folder, "apis.json"), '{"of":"a file"}');
  expect([read(""), read('{"of":"text"}'), read(path.join(folder, "apis.json"))]).toEqual([
    undefined,
    '{"of":"text"}',
    '{"of":"a file"}',
  ]);
});

test("a file that is not there is told by the variable's name", () => {
  expect(() => read("/nowhere/apis.json")).toThrow(
    expect.objectContaining({
      code: "option-invalid",
      context: expect.objectContaining({ option: "REKEY_HTTP_APIS" }),
    }),
  );
});

test("a pause ends with its call", async () => {
  const { pause } = environmentHttpApis(environmentOf({}));
  await expect(pause(3_600_000, { signal: AbortSignal.abort() })).resolves.toBeUndefined();
});
