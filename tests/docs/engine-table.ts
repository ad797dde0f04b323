import { globSync } from "node:fs";
import path from "node:path";
import type { EngineFacts, StrategyFacts } from "../../cli/commands/engines/engine-facts.ts";
import { rotations } from "../../cli/wiring/rotations.ts";
import { iamAccessKeyEngine } from "../../shared/engines/iam-access-key/iam-access-key-engine.ts";
import { vaultStaticRoleEngine } from "../../shared/engines/vault-static-role/vault-static-role-engine.ts";
import type { AccessKeys } from "../../shared/ports/access-keys.ts";
import type { CredentialIssuer } from "../../shared/ports/credential-issuer.ts";
import type { DatabaseEngine } from "../../shared/ports/database-engine.ts";
import { issued } from "../../shared/rotation/strategies/issued.ts";
import type { RotationStrategies } from "../../shared/runtime/rotation-function.ts";
import { root } from "./fenced-blocks.ts";

interface Product {
  readonly testedOn: Readonly<Record<string, string>>;
  readonly oldestVersions?: Readonly<Record<string, string>>;
  readonly issuesOneAtATime?: boolean;
  readonly overlap?: { readonly name: StrategyFacts["overlap"]; readonly endedBy: string };
}
interface Rotation extends RotationStrategies {
  readonly engine: DatabaseEngine;
}
interface RotationModule {
  createEngine(): DatabaseEngine;
  strategiesOn(engine: DatabaseEngine): RotationStrategies;
}

const asksNobody = async (): Promise<never> => {
  throw new Error("nobody is asked");
};
const keys: AccessKeys = {
  owner: asksNobody,
  list: asksNobody,
  lastUse: asksNobody,
  create: asksNobody,
  deactivate: asksNobody,
  remove: asksNobody,
  tag: asksNobody,
  identity: asksNobody,
};

/** Engines that work by the function's own rights: they are no tool's to log in with, so their functions have no module for them. */
const ofTheFunction = new Map<string, DatabaseEngine & CredentialIssuer>([
  ["iam-access-key", iamAccessKeyEngine({ keys, isGranted: () => false, pause: asksNobody })],
  ["vault-static-role", vaultStaticRoleEngine(asksNobody, new Map())],
]);

async function rotationOf(name: string): Promise<Rotation> {
  const load = (rotations as Readonly<Record<string, () => Promise<unknown>>>)[`rotate-${name}`];
  const own = ofTheFunction.get(name);
  if (own !== undefined) return { engine: own, strategies: { issued: issued(own) }, defaultStrategy: "issued" };
  if (load === undefined) throw new Error(`rotate-${name} has no module, and no engine here`);
  const { createEngine, strategiesOn } = (await load()) as RotationModule;
  const engine = createEngine();
  return { engine, ...strategiesOn(engine) };
}

const strategyFacts = (
  [name, { replacesCurrent }]: [string, { readonly replacesCurrent: boolean }],
  { issuesOneAtATime = false, overlap }: Product,
): StrategyFacts => {
  if (overlap !== undefined) return { name, overlap: overlap.name, endedBy: overlap.endedBy };
  if (issuesOneAtATime) return { name, overlap: "none", endedBy: "the server, as it makes the new one" };
  if (replacesCurrent) return { name, overlap: "none", endedBy: "setSecret, by the change itself" };
  return { name, overlap: "until-retired", endedBy: "the grace period, or else the next rotation" };
};

async function factsOf(engineFile: string): Promise<EngineFacts> {
  const folder = path.dirname(engineFile);
  const name = path.basename(folder);
  const product = (await import(path.join(root, folder, "product.ts"))) as Product;
  const { engine, strategies, defaultStrategy = "single-user" } = await rotationOf(name);
  return {
    engine: name,
    function: `rotate-${name}`,
    names: engine.names,
    isExperimental: engine.isExperimental === true,
    strategies: Object.entries(strategies).map((entry) => strategyFacts(entry, product)),
    defaultStrategy,
    onlyHash: defaultStrategy === "issued" ? null : engine.capabilities.hashesPasswordOnClient,
    oldest: product.oldestVersions ?? {},
    testedOn: Object.fromEntries(
      Object.entries(product.testedOn).map(([server, file]) => [server, `tests/engines/${file}`]),
    ),
  };
}

export const engineFacts: readonly EngineFacts[] = await Promise.all(
  globSync("shared/engines/*/*-engine.ts", { cwd: root }).toSorted().map(factsOf),
);

const overlapTexts = {
  none: "none",
  "until-retired": "until it is retired",
  "token-lifetime": "a token lifetime or longer",
} as const;
const hashTexts = new Map<boolean | null, string>([
  [null, "the server makes it"],
  [true, "yes"],
  [false, "no"],
]);
const list = (items: readonly string[]): string => items.join(", ") || "-";

/** `docs/reference/engines.md`. */
export function enginePage(): string {
  const rows = engineFacts.flatMap(({ engine, isExperimental, strategies, defaultStrategy, onlyHash, testedOn }) =>
    strategies.map(({ name, overlap, endedBy }) => {
      const tests = Object.entries(testedOn).map(([server, file]) => `[${server}](../../${file})`);
      const strategy = `${name}${name === defaultStrategy ? " (default)" : ""}`;
      return `| ${engine}${isExperimental ? " (experimental)" : ""} | ${strategy} | ${overlapTexts[overlap]} | ${endedBy} | ${hashTexts.get(onlyHash)} | ${list(tests)} |`;
    }),
  );
  const versions = engineFacts.map(({ engine, names, oldest }) => {
    const spelled = names.map((one) => `\`${one}\``);
    return `| ${engine} | ${list(spelled)} | ${list(Object.keys(oldest))} |`;
  });
  return [
    "# Engines and overlap",
    "",
    "Made from the engines by `npm run docs`; `rekey engines` prints the same, and `--json` gives it to programs.",
    "",
    "Overlap is how long the replaced credential logs in alongside the new one. Where there is none, a service's pool tries a refused login again",
    "with AWSCURRENT as it is now, before any query is sent. The grace period is [retire-previous](secret.md)'s; without one the next rotation",
    'ends the old credential. "Only hash": a password that rekey sets never reaches the server as text.',
    "",
    "| engine | strategy | overlap | what ends the old credential | only hash | contract kept on |",
    "|---|---|---|---|---|---|",
    ...rows,
    "",
    "## Experimental engines",
    "",
    "An experimental engine never ran on a real server, because none could be had for the tests. It kept the contract on a stand-in that was written from the",
    "vendor's documentation; where that is wrong or silent, so is the engine. Its function is deployed only with `ExperimentalEngines=true`, and it begins no rotation of a",
    "secret without the tag [`rekey:accept-experimental`](secret.md#tags)`=true`: it ends as `engine-experimental`, before anything is changed.",
    "[Decision 64](../decisions/0064-experimental-engines.md).",
    "",
    "## Names in secrets",
    "",
    "| engine | `engine` in the secret | products |",
    "|---|---|---|",
    ...versions,
    "",
  ].join("\n");
}

export const engineFile = (): string => `${JSON.stringify(engineFacts, null, 2)}\n`;
