import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { transform } from "esbuild";
import { fencedBlocks, root } from "../../docs/fenced-blocks.ts";

export const lifecyclesPage = "docs/how-to/lifecycles.md";

/** Each TypeScript block of the page by the file name in its first line. */
export const documentedPrograms: ReadonlyMap<string, string> = new Map(
  fencedBlocks(lifecyclesPage).flatMap(({ language, text, at }) => {
    if (language !== "ts") return [];
    const [, name] = /^\/\/ (\S+\.ts)\n/u.exec(text) ?? [];
    if (name === undefined) throw new Error(`${at} does not begin with the name of its file`);
    return [[name, text] as const];
  }),
);

/** One text of a program in place of another: a shorter wait, another query. */
export type Changes = Readonly<Record<string, string>>;

function changed(name: string, text: string, changes: Changes): string {
  for (const before of Object.keys(changes)) if (!text.includes(before)) throw new Error(`${name} has no ${before}`);
  return Object.entries(changes).reduce((so, [before, after]) => so.replaceAll(before, after), text);
}

export interface ProgramFolder extends AsyncDisposable {
  readonly path: string;
}

/**
 * The page's programs in a folder inside the repository, where the built package finds itself by its name. `packages` is a
 * folder of further packages. `changes` are made in the programs that are named. Decorators are compiled, unless they are to stay.
 */
export async function programFolder(
  packages?: string,
  changes: Readonly<Record<string, Changes>> = {},
  decorators: "compiled" | "kept" = "compiled",
): Promise<ProgramFolder> {
  for (const name of Object.keys(changes)) if (!documentedPrograms.has(name)) throw new Error(`no program ${name}`);
  const programs = [...documentedPrograms].map(
    ([name, text]) => [name, changed(name, text, changes[name] ?? {})] as const,
  );
  await mkdir(path.join(root, "dist"), { recursive: true });
  const folder = await mkdtemp(path.join(root, "dist/lifecycles-"));
  for (const [name, program] of programs) {
    const isToCompile = decorators === "compiled" && program.includes("@Module");
    await writeFile(path.join(folder, name), isToCompile ? await withoutDecorators(program) : program);
  }
  if (packages !== undefined) await symlink(packages, path.join(folder, "node_modules"));
  return { path: folder, [Symbol.asyncDispose]: async () => rm(folder, { recursive: true, force: true }) };
}

/** As Nest's own build does it. Node runs types, and no decorators. */
async function withoutDecorators(program: string): Promise<string> {
  const tsconfigRaw = { compilerOptions: { experimentalDecorators: true } };
  return (await transform(program, { loader: "ts", format: "esm", tsconfigRaw })).code;
}
