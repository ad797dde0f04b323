import { globSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../..", import.meta.url));

/** The functions whose engine operators' tools and `check-login` may log in with; Vault's takes the function's own login. */
const functions = globSync("functions/rotate-*/rotation.ts", { cwd: root })
  .map((file) => path.basename(path.dirname(file)))
  .toSorted();

const written = "// Written by `npm run docs` from the folders functions/rotate-*.";
const camelCase = (name: string): string =>
  name.replace("rotate-", "").replaceAll(/-([a-z])/gu, (_all, letter: string) => letter.toUpperCase());

const secret = {
  SecretId: "arn:aws:secretsmanager:us-east-1:123456789012:secret:db/orders-AbCdEf",
  ClientRequestToken: "5f0c1a52-3d0b-4f1c-9d0e-1f2a3b4c5d6e",
};
/** What Secrets Manager and `retire-previous` invoke a rotation function with. */
const invocations = {
  "secrets-manager.json": { Step: "createSecret", ...secret },
  "retire-previous.json": { Step: "retirePrevious", ...secret, Adopted: false },
};
const samples = globSync("functions/rotate-*", { cwd: root })
  .toSorted()
  .flatMap((folder) =>
    Object.entries(invocations).map(([file, event]): [string, string] => [
      `events/samples/${path.basename(folder)}/${file}`,
      `${JSON.stringify(event, null, 2)}\n`,
    ]),
  );

/** What is written for each engine that there is, by file, so that nobody has to add a new one there. */
export const engineLists: Readonly<Record<string, string>> = {
  ...Object.fromEntries(samples),
  "functions/check-login/engines.ts": `\
${written}
${functions.map((name) => `import { createEngine as ${camelCase(name)} } from "../${name}/rotation.ts";\n`).join("")}
export const engines = [
${functions.map((name) => `  ${camelCase(name)}(),\n`).join("")}];
`,
  "cli/wiring/rotations.ts": `\
${written}
/** The module of each rotation function; it brings its driver only when it is asked for. */
export const rotations = {
${functions.map((name) => `  "${name}": async () => import("../../functions/${name}/rotation.ts"),\n`).join("")}};
`,
};
