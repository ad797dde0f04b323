import type { CommandDefinition } from "../../command.ts";

export const bundleEngine: CommandDefinition = {
  name: "bundle-engine",
  kind: "changes",
  words: [{ name: "<module>", about: "whose default export `defineEngine` made" }],
  summary: "make a rotation function of an engine that lives outside of rekey",
  about: [
    "Writes a folder to deploy from: the function's bundle, and template.json, which is rekey's template with this function in it. The function gets the rights that rekey's own rotation functions have. Its code is yours: whoever deploys it grants it these rights.",
    "It bundles with the esbuild that your project has: npm install --save-dev esbuild.",
  ],
  options: [
    { flags: "--name <rotate-name>", about: "of the function: rotate- and lower-case letters; needed" },
    { flags: "--description <text>", about: "of the function" },
    { flags: "--admins", about: "it may read administrators' secrets, and has the grants of UserGrants" },
    { flags: "--out <folder>", about: "default: dist/rekey" },
  ],
  examples: [
    "rekey bundle-engine ./engine.ts --name rotate-keeper --out dist/rekey",
    "rekey local --template dist/rekey/template.json",
  ],
  aws: false,
  load: async () => (await import("./run.ts")).run,
};
