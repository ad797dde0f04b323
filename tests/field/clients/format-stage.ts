import { execFile } from "node:child_process";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { type EmbeddedPostgres, startPostgres } from "../../../local/postgres/embedded-postgres.ts";
import { installTarball } from "../../support/install-tarball.ts";
import { outsideProgram } from "../../support/outside-program.ts";

const projects = path.join(import.meta.dirname, "projects");

/** The folder in which `npm ci` installed `.ci/toolchains`. */
export const toolchains = outsideProgram("REKEY_TOOLCHAINS", "npm: .ci/toolchains");

/** What `useRekey` of `projects/service.ts` returns when all is as it should be. */
export const asItShouldBe =
  "user orders_1, then orders_2; pg.Pool true, mysql2 true; RekeyError true, secret-not-found true; SecretValue true";

export interface Ended {
  readonly code: number | string;
  /** Of both of its streams. */
  readonly output: string;
}

interface RunOptions {
  readonly program?: string;
  readonly variables?: Readonly<Record<string, string>>;
}

export interface FormatStage {
  /** A copy of a folder of `projects`, with `service.ts` in it, and with what TypeScript makes of that: `compiled.cjs` and `.mjs`. */
  project(name: string): Promise<string>;
  /** Runs a file with Node.js, or another program, until it ends. */
  run(cwd: string, words: readonly string[], options?: RunOptions): Promise<Ended>;
  /** The variables of `run`, which are few. */
  readonly variables: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

/** A path among the packages of the tools. */
export const tool = (name: string): string => path.join(toolchains ?? "", "node_modules", name);

/** A file of a package that is not a dependency of rekey's. */
const typescript = (): Transpiler => createRequire(import.meta.url)(tool("typescript")) as Transpiler;

/** What is needed of TypeScript 5. */
interface Transpiler {
  readonly ModuleKind: { readonly CommonJS: number; readonly ESNext: number };
  readonly ScriptTarget: { readonly ES2022: number };
  transpileModule(text: string, options: { readonly compilerOptions: object }): { readonly outputText: string };
}

async function writeCompiled(place: string): Promise<void> {
  const text = await readFile(path.join(place, "service.ts"), "utf8");
  const { ModuleKind, ScriptTarget, transpileModule } = typescript();
  const compiled = (module: number): string =>
    transpileModule(text, { compilerOptions: { module, target: ScriptTarget.ES2022 } }).outputText;
  await writeFile(path.join(place, "compiled.cjs"), compiled(ModuleKind.CommonJS));
  await writeFile(path.join(place, "compiled.mjs"), compiled(ModuleKind.ESNext));
}

/** Two users of one database, as the contents of a secret before and after its rotation. */
async function twoUsers({ admin, host, port }: EmbeddedPostgres): Promise<readonly object[]> {
  const users = ["orders_1", "orders_2"].map((username) => ({ username, password: `${username}-word` }));
  for (const { username, password } of users) await admin(`CREATE USER ${username} PASSWORD '${password}'`);
  return users.map((user) => ({ ...user, host, port, dbname: "postgres", ssl: false }));
}

/** Runs a program, without this process's variables, until it ends. */
export const runTool = async (
  program: string,
  words: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Ended> =>
  new Promise((resolve) => {
    execFile(program, words, { cwd, env, timeout: 280_000, maxBuffer: 2 ** 24 }, (error, output, errors) =>
      resolve({ code: error === null ? 0 : (error.code ?? String(error.signal)), output: output + errors }),
    );
  });

/** A server with two users, and the tarball below the tools, so that a project finds both. Needs `npm run build` before it. */
export async function startFormatStage(): Promise<FormatStage> {
  await using starting = new AsyncDisposableStack();
  const folder = await mkdtemp(path.join(toolchains ?? "", "service-"));
  starting.defer(async () => rm(folder, { recursive: true, force: true }));
  const postgres = await startPostgres();
  starting.defer(postgres.stop);
  const variables = {
    PATH: `${path.dirname(process.execPath)}:${process.env["PATH"]}`,
    HOME: folder,
    CI: "1",
    DO_NOT_TRACK: "1",
    NEXT_TELEMETRY_DISABLED: "1",
    ORDERS: JSON.stringify(await twoUsers(postgres)),
    PACKAGE: await installTarball(folder),
  };
  const stops = starting.move();
  return {
    variables,
    async project(name) {
      const place = path.join(await mkdtemp(path.join(folder, `${name}-`)), name);
      await cp(path.join(projects, name), place, { recursive: true });
      await cp(path.join(projects, "service.ts"), path.join(place, "service.ts"));
      await writeCompiled(place);
      return place;
    },
    run: async (cwd, words, { program = process.execPath, variables: more = {} } = {}) =>
      runTool(program, words, cwd, { ...variables, ...more }),
    stop: async () => stops.disposeAsync(),
  };
}
