import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { run } from "./run.ts";

const root = path.join(import.meta.dirname, "../../..");
const keeper = path.join(root, "examples/keeper/engine.ts");
const context = {
  program: { commands: [], version: "0" },
  signal: new AbortController().signal,
  isInterrupted: () => false,
};

async function temporary(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), "rekey-bundle-engine-"));
  onTestFinished(async () => rm(folder, { recursive: true }));
  return folder;
}

test.each([
  ["no name", undefined],
  ["a name that is no rotation function's", "mirror-to-vault"],
  ["a name that leads out of the folder", "rotate-/../../x"],
  ["a name that would be more than text in the template", 'rotate-x"}'],
  ["the name of a function of rekey's own", "rotate-postgres"],
])("%s is refused: option-invalid", async (_what, name) => {
  const out = await temporary();
  await expect(run([keeper], { name, out }, context)).rejects.toMatchObject({
    code: "option-invalid",
    context: { option: "name" },
  });
});

test("a module without a default export is refused, and so is a project without esbuild", async () => {
  const out = await temporary();
  const within = path.join(import.meta.dirname, "definition.ts");
  await expect(run([within], { name: "rotate-nothing", out }, context)).rejects.toMatchObject({
    code: "option-invalid",
    context: { problem: expect.stringContaining("default") },
  });
  const alone = path.join(out, "engine.mjs");
  await writeFile(alone, "export default {};");
  await expect(run([alone], { name: "rotate-nothing", out }, context)).rejects.toMatchObject({
    code: "option-invalid",
    context: { problem: expect.stringContaining("no esbuild") },
    hint: expect.stringContaining("npm install"),
  });
});
