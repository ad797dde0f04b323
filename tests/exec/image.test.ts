import { execFile } from "node:child_process";
import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { fencedBlocks, root } from "../docs/fenced-blocks.ts";
import { type ExecStage, startExecStage } from "../support/exec-stage.ts";
import { stackVariables } from "../support/stack-variables.ts";

let stage: ExecStage;
beforeAll(async () => {
  stage = await startExecStage();
  await stage.secret("app/db", { username: "canary-user", password: "canary-password" });
});
afterAll(async () => stage.stop("canary"));

test("the image of the page: with what it copies and nothing else, its command starts the service", async () => {
  const text = fencedBlocks("docs/how-to/exec.md").find((block) => block.text.startsWith("FROM "))?.text ?? "";
  const files = new Map<string, string>();
  for (const [, from = "", to = ""] of text.matchAll(/^COPY (\S+) (\S+)$/gmu)) {
    const target = join(stage.folder, to.endsWith("/") ? join(to, from.split("/").at(-1) ?? "") : to);
    files.set(from, target);
    await mkdir(dirname(target), { recursive: true });
    if (from !== "server.js") await copyFile(join(root, from), target);
  }
  await writeFile(files.get("server.js") ?? "", "console.log(process.env.DB_PASSWORD.length, process.argv.length)");
  const [entry, command] = ["ENTRYPOINT", "CMD"].map(
    (name) => JSON.parse(new RegExp(`^${name} (.+)$`, "mu").exec(text)?.[1] ?? "[]") as string[],
  );
  const [, ...words] = [...(entry ?? []), ...(command ?? [])].map((word) =>
    /^\/(?:rekey|app)\//u.test(word) ? join(stage.folder, word) : word,
  );
  const env = { ...stackVariables(stage.stack), PATH: `${process.env["PATH"]}:/usr/bin:/bin` };
  const { stdout } = await promisify(execFile)(process.execPath, words, { env, cwd: stage.folder });
  expect(stdout).toBe("15 2\n");
  expect(await readFile(files.get("dist/package/cli/THIRD-PARTY-LICENSES.txt") ?? "", "utf8")).toContain("MIT");
});
