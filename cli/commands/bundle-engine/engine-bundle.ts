import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { BuildOptions } from "esbuild";
import { nodeModule } from "../../../bundle/node-module.ts";
import { packageRoot } from "../../../local/package-root.ts";
import { RekeyError } from "../../../shared/errors/rekey-error.ts";

const kit = join(packageRoot, "dist/package/kit");

/** What is asked of the project's own esbuild. */
interface Esbuild {
  build(options: BuildOptions): Promise<unknown>;
}

const notBundled = (problem: string, hint: string): RekeyError =>
  new RekeyError("option-invalid", { context: { option: "bundle-engine", problem }, hint });

async function esbuildOf(folder: string): Promise<Esbuild> {
  try {
    const found = createRequire(join(folder, "package.json")).resolve("esbuild");
    const { default: esbuild } = (await import(pathToFileURL(found).href)) as { readonly default: Esbuild };
    return esbuild;
  } catch {
    throw notBundled("the project of the module has no esbuild", "run npm install --save-dev esbuild");
  }
}

/** One self-contained module with `handler`. What the engine imports of `rekey/engine` is the very code that runs it. */
const optionsOf = (file: string, outfile: string): BuildOptions => ({
  ...nodeModule,
  stdin: {
    contents: `
      import engine from ${JSON.stringify(file)};
      import { engineFunction } from "rekey-function";
      export const handler = engineFunction(engine);`,
    resolveDir: dirname(file),
  },
  alias: { "rekey/engine": join(kit, "engine.mjs"), "rekey-function": join(kit, "function.mjs") },
  outfile,
  mainFields: ["module", "main"],
  logLevel: "silent",
});

const textOf = (error: unknown): string => {
  const [first]: readonly { readonly text?: unknown }[] = Object(error).errors ?? [];
  return typeof first?.text === "string" ? first.text : "esbuild failed";
};

/** Bundles the module's engine into a function of Lambda. Errors: `option-invalid`. */
export async function bundleEngineModule(module: string, outfile: string): Promise<void> {
  const file = resolve(module);
  const esbuild = await esbuildOf(dirname(file));
  try {
    await esbuild.build(optionsOf(file, outfile));
  } catch (error) {
    throw notBundled(textOf(error), "the module must load, and its default export must come from defineEngine");
  }
}
