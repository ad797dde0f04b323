import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fieldCase, printFieldCases } from "../field-cases.ts";
import { asItShouldBe, type FormatStage, startFormatStage, tool, toolchains } from "./format-stage.ts";

const timeout = 120_000;
const jest = tool("jest/bin/jest.js");
const oldestNode = tool("node-20.3/bin/node");
const bun = tool("@oven/bun-linux-x64/bin/bun");
const deno = tool("@deno/linux-x64-glibc/deno");
let stage: FormatStage;

printFieldCases();

const tries = (body: () => Promise<void>) => fieldCase("peers and module formats", body);

describe.skipIf(toolchains === undefined)("a service that", { timeout }, () => {
  beforeAll(async () => void (stage = await startFormatStage()));
  afterAll(async () => stage.stop());

  /** What a project's command prints, when it ends well. */
  async function printed(project: string, words: readonly string[], program = process.execPath): Promise<string> {
    const { code, output } = await stage.run(await stage.project(project), words, { program });
    expect({ code, output }).toMatchObject({ code: 0 });
    return output;
  }

  test.each([
    ["oldest Node.js that is supported", oldestNode, []],
    ["newest one, told not to require ES modules", process.execPath, ["--no-experimental-require-module"]],
  ])("requires every entry works on the %s", async (_which, program, options) =>
    tries(async () => {
      expect(await printed("node", [...options, "required.cjs"], program)).toBe(`${asItShouldBe}\n`);
    })(),
  );

  test.each([
    ["oldest Node.js that is supported", oldestNode],
    ["newest one", process.execPath],
  ])("imports works on the %s", async (_which, program) =>
    tries(async () => {
      expect(await printed("node", ["imported.mjs"], program)).toBe(`${asItShouldBe}\n`);
    })(),
  );

  test(
    "runs the command line works on the oldest Node.js that is supported",
    tries(async () => {
      const rekey = path.join(stage.variables["PACKAGE"] ?? "", "dist/package/cli/rekey.js");
      const { code, output } = await stage.run(path.dirname(rekey), [rekey, "plan", "--users", "1000"], {
        program: oldestNode,
      });
      expect({ code, output }).toMatchObject({ code: 0, output: expect.stringContaining("First bottleneck") });
    }),
  );

  test(
    "imports rekey while a library requires it sees one kind of errors and values, and one budget",
    tries(async () => {
      const lines = (await printed("node", ["mixed.mjs"])).trim().split("\n");
      expect(lines).toHaveLength(12);
      expect(lines.filter((line) => !line.endsWith(": true"))).toEqual([]);
    }),
  );

  test(
    "is tested with Jest, as it is set by default, follows a rotation",
    tries(async () => {
      expect(await printed("jest", [jest])).toContain("2 passed, 2 total");
    }),
  );

  test(
    "is tested with Jest as ES modules follows a rotation",
    tries(async () => {
      expect(await printed("jest-esm", ["--experimental-vm-modules", jest])).toContain("3 passed, 3 total");
    }),
  );

  test(
    "is tested with ts-jest, with TypeScript's node10, compiles and follows a rotation",
    tries(async () => {
      expect(await printed("ts-jest", [jest])).toContain(asItShouldBe);
    }),
  );

  test(
    "is run by ts-node, with TypeScript's node10, compiles and follows a rotation",
    tries(async () => {
      expect(await printed("ts-node", [tool("ts-node/dist/bin.js"), "main.ts"])).toBe(`${asItShouldBe}\n`);
    }),
  );

  test.each([
    ["node10", []],
    ["nodenext", ["--module", "nodenext", "--moduleResolution", "nodenext"]],
  ])(
    "is made of NestJS in CommonJS, with %s, injects the client and a pool that follows a rotation",
    async (_mode, words) =>
      tries(async () => {
        const place = await stage.project("nest");
        const { output, code } = await stage.run(place, [tool("typescript/bin/tsc"), "-p", ".", ...words]);
        expect({ output, code }).toEqual({ output: "", code: 0 });
        const { output: said } = await stage.run(place, ["dist/main.js"]);
        expect(said).toBe(`orders_1 orders_2 true {"statusCode":503,"message":"secret-not-found"}\n${asItShouldBe}\n`);
      })(),
  );

  test.each([
    ["as they are", ""],
    ["through Vite", "1"],
  ])("is tested with Vitest, which loads packages %s, follows a rotation", async (_how, INLINE) =>
    tries(async () => {
      const place = await stage.project("vitest");
      const words = [tool("vitest/vitest.mjs"), "run", "--no-color"];
      const { output, code } = await stage.run(place, words, { variables: { INLINE } });
      expect({ output, code }).toMatchObject({ output: expect.stringMatching(/Tests\s+2 passed \(2\)/), code: 0 });
    })(),
  );

  test(
    "is run and tested by Bun follows a rotation",
    tries(async () => {
      expect(await printed("bun", ["main.ts"], bun)).toBe(`${asItShouldBe}\nof the required format: true\n`);
      expect(await printed("bun", ["test", "./service.spec.ts"], bun)).toContain("1 pass");
    }),
  );

  test(
    "is checked and run by Deno follows a rotation",
    tries(async () => {
      const words = ["--no-remote", "--allow-all", "main.ts"];
      expect(await printed("deno", ["run", "--check", ...words], deno)).toContain(
        `${asItShouldBe}\nof the required format: true\n`,
      );
    }),
  );
});
