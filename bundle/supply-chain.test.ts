import { readdirSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { Spec, Validation } from "@cyclonedx/cyclonedx-library";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bundleAgent } from "./bundle-agent.ts";
import { bundledPackages } from "./bundled-packages.ts";
import { bundleFunction } from "./bundle-function.ts";
import { lockedPackages } from "./locked-packages.ts";
import { sbom } from "./sbom.ts";
import { thirdPartyLicenses } from "./third-party-licenses.ts";

/** Each lets anybody use, change and pass on the code in a closed product, and asks for no more than to be named. */
const allowed = new Set(["Apache-2.0", "MIT", "ISC", "0BSD", "BSD-2-Clause", "BSD-3-Clause"]);
const names = [...readdirSync(new URL("../functions", import.meta.url)), "agent"];
const locked = lockedPackages();
const bundled = new Map<string, readonly string[]>();
let folder = "";

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "rekey-supply-"));
  for (const name of names) {
    const outfile = path.join(folder, name, "index.mjs");
    bundled.set(name, bundledPackages(await (name === "agent" ? bundleAgent(outfile) : bundleFunction(name, outfile))));
  }
});
afterAll(async () => rm(folder, { recursive: true }));

interface Component {
  readonly "bom-ref": string;
  readonly version: string;
  readonly hashes: readonly object[];
  readonly properties?: readonly { readonly value: string }[];
}
interface Bom {
  readonly components: readonly Component[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn?: readonly string[] }[];
}

const made = (): string => {
  const bundledIn = [...locked.keys()].map(
    (at) => [at, names.filter((name) => bundled.get(name)?.includes(at))] as const,
  );
  return sbom(locked, new Map(bundledIn));
};

test("no package that is installed for production has a licence beside the allowed ones", () => {
  const others = [...locked.values()].filter(({ licenses }) => !licenses.some((license) => allowed.has(license)));
  expect(others.map(({ name, licenses }) => `${name}: ${licenses.join(" or ")}`)).toEqual([]);
  expect(locked.size).toBeGreaterThan(100);
});

test.each(names)("%s has code only of packages that the lock file installs for production", (name) => {
  expect(bundled.get(name)?.filter((at) => !locked.has(at))).toEqual([]);
  expect(bundled.get(name)?.length).toBeGreaterThan(3);
});

test("the SBOM is valid CycloneDX 1.6, and an invalid one would be noticed", async () => {
  const validator = new Validation.JsonStrictValidator(Spec.Version.v1dot6);
  expect(await validator.validate(made())).toBeNull();
  expect(await validator.validate(made().replaceAll('"SHA-512"', '"SHA-513"'))).not.toBeNull();
});

test("the SBOM has every package of the lock file that is not development's, with its digest, needs and functions", () => {
  const { components, dependencies } = JSON.parse(made()) as Bom;
  const expected = [...locked.values()].filter(({ path: at }) => at !== "");
  const of = new Map(components.map((component) => [component["bom-ref"], component]));
  expect([...of.keys()].sort()).toEqual(expected.map(({ path: at }) => at).sort());
  for (const { path: at, version } of expected) {
    expect(of.get(at)).toMatchObject({
      version,
      hashes: [{ alg: "SHA-512", content: expect.stringMatching(/^[0-9a-f]{128}$/) }],
    });
  }
  const needs = new Map(dependencies.map(({ ref, dependsOn }) => [ref, dependsOn]));
  expect(needs.get("node_modules/pg")).toContain("node_modules/pg-protocol");
  expect(needs.get("rekey")).toContain("node_modules/mysql2");
  expect(of.get("node_modules/pg")?.properties?.map(({ value }) => value)).toEqual([
    "check-login",
    "rotate-postgres",
    "rotate-redshift",
  ]);
});

test("every package of it is needed by the project or by another package of it", () => {
  const needed = new Set([...locked.values()].flatMap(({ dependencies }) => dependencies));
  expect([...locked.keys()].filter((at) => at !== "" && !needed.has(at))).toEqual([]);
});

test.each(names)("the licences beside %s name each package in it, with a text", async (name) => {
  const packages = (bundled.get(name) ?? []).flatMap((at) => locked.get(at) ?? []);
  const text = await thirdPartyLicenses(packages);
  const parts = text.split(`${"-".repeat(80)}\n`).slice(1);
  for (const { name: of, version } of packages) {
    const own = parts.filter((part) => part.includes(`\n${of} ${version} (`));
    // A notice may be short; a licence is not.
    const longest = Math.max(...own.map((part) => part.split("\n\n").slice(2).join("").length));
    expect({ of, isText: longest > 200 }).toEqual({ of, isText: true });
  }
});

test("a package without a text of its licence is refused, unless it is MIT or Apache-2.0", async () => {
  const withoutText = [...locked.values()].filter(({ name }) => name === "pg-types");
  expect(await thirdPartyLicenses(withoutText)).toContain("Permission is hereby granted, free of charge");
  const apache = withoutText.map((locked) => ({ ...locked, licenses: ["Apache-2.0"] }));
  expect(await thirdPartyLicenses(apache)).toMatch(/Version 2\.0, January 2004(?!.*rekey authors).*END OF TERMS/su);
  await expect(
    thirdPartyLicenses(withoutText.map((locked) => ({ ...locked, licenses: ["BSD-3-Clause"] }))),
  ).rejects.toThrow("pg-types");
});
