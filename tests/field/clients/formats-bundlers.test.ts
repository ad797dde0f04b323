import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { createInterface } from "node:readline";
import { type BuildOptions, build } from "esbuild";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { freePort } from "../../support/free-port.ts";
import { fieldCase, printFieldCases } from "../field-cases.ts";
import { asItShouldBe, type FormatStage, startFormatStage, tool, toolchains } from "./format-stage.ts";

const timeout = 300_000;
const bun = tool("@oven/bun-linux-x64/bin/bun");
/** Packages in CommonJS require parts of Node.js, which an ES module can only do so. */
const banner = {
  js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);',
};
let stage: FormatStage;

printFieldCases();

describe.skipIf(toolchains === undefined)("a service that is bundled by", { timeout }, () => {
  beforeAll(async () => void (stage = await startFormatStage()));
  afterAll(async () => stage.stop());

  /** What a bundle prints, when it ends well. */
  async function printed(place: string, file: string): Promise<string> {
    const { code, output } = await stage.run(place, [file]);
    expect({ code, output }).toMatchObject({ code: 0 });
    return output;
  }

  async function bundle(entry: string, out: string, options: BuildOptions): Promise<string> {
    const absWorkingDir = await stage.project("esbuild");
    const fixed = { bundle: true, platform: "node", target: "node20", logLevel: "error", absWorkingDir } as const;
    const { warnings } = await build({ ...fixed, entryPoints: [entry], outfile: out, ...options });
    expect(warnings).toEqual([]);
    return printed(absWorkingDir, out);
  }

  test.each([
    ["imports", "imported.ts", "CommonJS", "out.cjs", { format: "cjs" }],
    ["imports", "imported.ts", "an ES module", "out.mjs", { format: "esm", banner }],
    ["requires", "required.js", "CommonJS", "out.cjs", { format: "cjs" }],
    ["requires", "required.js", "an ES module", "out.mjs", { format: "esm", banner }],
    ["imports, minified,", "imported.ts", "CommonJS", "out.cjs", { format: "cjs", minify: true }],
  ] as const)("esbuild and %s rekey (%s) runs as %s", async (_how, entry, _format, out, options) =>
    fieldCase("peers and module formats", async () => {
      expect(await bundle(entry, out, options)).toBe(`${asItShouldBe}\n`);
    })(),
  );

  test.each([
    ["by default", {}],
    ["with conditions of its own", { conditions: ["production"] }],
  ])("esbuild %s to an ES module needs no require of Node.js where it has no driver", async (_how, options) =>
    fieldCase("peers and module formats", async () => {
      expect(await bundle("without-drivers.ts", "out.mjs", { format: "esm", ...options })).toBe(
        "port 2, true, function\n",
      );
    })(),
  );

  test(
    "webpack runs as CommonJS and as an ES module",
    fieldCase("peers and module formats", async () => {
      const place = await stage.project("webpack");
      expect(await stage.run(place, ["build.js"])).toEqual({ code: 0, output: "" });
      expect(await printed(place, "bundled.cjs")).toBe(`${asItShouldBe}\n`);
      expect(await printed(place, "bundled.mjs")).toBe(`${asItShouldBe}\n`);
    }),
  );

  test.each([
    ["outside", true],
    ["inside", false],
  ])("Vite for a server, with rekey %s of the bundle, runs", async (mode, isImported) =>
    fieldCase("peers and module formats", async () => {
      const place = await stage.project("vite");
      const { code, output } = await stage.run(place, [tool("vite/bin/vite.js"), "build", "--mode", mode]);
      expect({ code, output }).toMatchObject({ code: 0 });
      const file = path.join(place, `dist-${mode}`, "entry-server.js");
      expect((await readFile(file, "utf8")).includes('from "rekey/client"')).toBe(isImported);
      expect(await printed(place, file)).toBe(`${asItShouldBe}\n`);
    })(),
  );

  test(
    "Bun runs on Node.js",
    fieldCase("peers and module formats", async () => {
      const place = await stage.project("bun");
      const words = ["build", "main.ts", "--target=node", "--outfile=out.mjs"];
      const { code, output } = await stage.run(place, words, { program: bun });
      expect({ code, output }).toMatchObject({ code: 0 });
      expect(await printed(place, "out.mjs")).toContain(asItShouldBe);
    }),
  );

  test.each([
    ["Turbopack", []],
    ["webpack", ["--webpack"]],
  ])(
    "Next.js with %s answers from server components and routes, and with what another bundle made",
    async (_with, words) =>
      fieldCase("peers and module formats", async () => {
        const place = await stage.project("next");
        const next = tool("next/dist/bin/next");
        const variables = { TOOLCHAINS: toolchains ?? "" };
        const { code, output } = await stage.run(place, [next, "build", ...words], { variables });
        expect({ code, output }).toMatchObject({ code: 0 });

        const port = await freePort();
        const server = spawn(process.execPath, [next, "start", "--hostname", "127.0.0.1", "--port", String(port)], {
          cwd: place,
          env: { ...stage.variables, ...variables },
          stdio: ["ignore", "pipe", "inherit"],
        });
        onTestFinished(async () => void (server.kill("SIGKILL") && (await once(server, "exit"))));
        for await (const line of createInterface(server.stdout)) if (line.includes("Ready in")) break;
        server.stdout.resume();
        const get = async (of: string): Promise<string> => (await fetch(`http://127.0.0.1:${port}/${of}`)).text();
        expect(await get("")).toContain(asItShouldBe);
        expect(await get("orders")).toBe(`${asItShouldBe}\nof another bundle: true true true true\n`);
      })(),
  );
});
