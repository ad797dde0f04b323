import { execFile } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, test } from "vitest";
import { outsideProgram } from "../support/outside-program.ts";

const root = resolve(import.meta.dirname, "../..");
const actionlint = outsideProgram("REKEY_ACTIONLINT", ".ci/linters");
const zizmor = outsideProgram("REKEY_ZIZMOR", "PyPI: zizmor");
const checkJsonschema = outsideProgram("REKEY_CHECK_JSONSCHEMA", "PyPI: check-jsonschema");
const workflows = readdirSync(resolve(root, ".github/workflows")).map((name) => `.github/workflows/${name}`);
const read = (file: string): string => readFileSync(resolve(root, file), "utf8");

async function lint(program = "", ...words: string[]): Promise<{ readonly code: number; readonly out: string }> {
  return new Promise((done) => {
    execFile(program, words, { cwd: root }, (error, out, err) => {
      done({ code: error === null ? 0 : Number(error.code), out: out + err });
    });
  });
}

test.skipIf(actionlint === undefined)("actionlint finds nothing in the workflows", async () => {
  expect(await lint(actionlint, ...workflows)).toEqual({ code: 0, out: "" });
});

test.skipIf(zizmor === undefined)("zizmor finds no way to abuse the workflows", async () => {
  expect(await lint(zizmor, "--offline", "--quiet", "--no-progress", ".github/workflows")).toMatchObject({ code: 0 });
});

test.skipIf(checkJsonschema === undefined)(
  "workflows and Renovate's configuration have the shape of their schemas",
  async () => {
    for (const [schema, ...files] of [
      ["vendor.github-workflows", ...workflows],
      ["vendor.renovate", "renovate.json"],
    ]) {
      expect(await lint(checkJsonschema, "--builtin-schema", schema ?? "", ...files)).toMatchObject({ code: 0 });
    }
  },
);

test.each(workflows)("%s names each action by the hash of a commit, and the version beside it", (file) => {
  const uses = read(file).match(/^.*\buses:.*$/gmu) ?? [];
  const foreign = uses.filter((line) => !line.includes("uses: ./"));
  expect(foreign.length).toBeGreaterThan(1);
  expect(foreign.filter((line) => !/uses: [\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/u.test(line))).toEqual([]);
});

test("only the release may publish, and it verifies signatures, tag and changelog first", () => {
  const release = read(".github/workflows/release.yml");
  const order = [
    "needs: ci",
    "npm audit signatures",
    "release-notes.ts",
    "npm publish ./release/package.tgz --provenance",
    "gh release create",
  ];
  const places = order.map((step) => release.indexOf(step));
  expect(places).toEqual([...places].sort((a, b) => a - b));
  expect(places).not.toContain(-1);
  expect(JSON.parse(read("package.json"))).toHaveProperty("private", true);
  for (const file of workflows.filter((name) => !name.endsWith("release.yml"))) {
    expect(read(file)).not.toMatch(/: write|npm publish|secrets\./u);
  }
});

test("a job that may publish or write runs nothing of the repository and nothing that was installed", () => {
  const [, ...jobs] = read(".github/workflows/release.yml").split(/^ {2}(?=\w+:$)/mu);
  const mayWrite = jobs.filter((job) => job.includes(": write"));
  expect(mayWrite.map((job) => job.split(":", 1)[0])).toEqual(["publish", "announce"]);
  for (const job of mayWrite) {
    expect(job).not.toMatch(/actions\/checkout|npm (?:ci|install|i|run|exec)\b|npx|node |bash /u);
    const ofNpm = job.match(/\bnpm .*$/gmu) ?? [];
    expect(ofNpm.filter((words) => !/^npm publish \S+\.tgz .*--ignore-scripts$/u.test(words))).toEqual([]);
  }
  expect(jobs.filter((job) => job.includes("npm ci") && !job.includes("npm ci --ignore-scripts"))).toEqual([]);
});

test("Renovate sees each version that .ci pins", () => {
  const { customManagers } = JSON.parse(read("renovate.json")) as {
    customManagers: readonly {
      readonly managerFilePatterns: readonly string[];
      readonly matchStrings: readonly string[];
    }[];
  };
  for (const file of [".ci/install-programs", ".ci/with-go"]) {
    const managers = customManagers.filter(({ managerFilePatterns }) =>
      managerFilePatterns.some((pattern) => new RegExp(pattern.slice(1, -1), "u").test(file)),
    );
    const patterns = managers.flatMap(({ matchStrings }) => matchStrings.map((pattern) => new RegExp(pattern, "gu")));
    const found = patterns.flatMap((pattern) =>
      [...read(file).matchAll(pattern)].map(({ groups }) => groups?.["depName"]),
    );
    expect(found).toHaveLength(read(file).match(/(?:==|@)\d/gu)?.length ?? 0);
    expect(found).not.toContain(undefined);
  }
});

test("CODEOWNERS names what is there", () => {
  const places = [...read(".github/CODEOWNERS").matchAll(/^(\/\S+) @/gmu)].map(([, place = ""]) => place);
  expect(places.length).toBeGreaterThan(3);
  expect(places.filter((place) => !existsSync(resolve(root, place.slice(1))))).toEqual([]);
});
