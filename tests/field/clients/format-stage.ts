import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { stagePackage } from "../../../bundle/stage-package.ts";
import { type EmbeddedPostgres, startPostgres } from "../../../local/postgres/embedded-postgres.ts";

const execute = promisify(execFile);
const projects = path.join(import.meta.dirname, "projects");

function findToolchains(): string | undefined {
  const folder = process.env["REKEY_TOOLCHAINS"];
  if (folder !== undefined && existsSync(path.join(folder, "node_modules"))) return folder;
  if (folder !== undefined || process.env["REKEY_REQUIRE_ALL"] === "1") {
    throw new Error("REKEY_TOOLCHAINS does not name a folder with what .ci/toolchains/package-lock.json installs");
  }
  return undefined;
}

/**
 * The folder in which `npm ci` installed `.ci/toolchains`, named by REKEY_TOOLCHAINS; its tests are skipped without it, and
 * fail to load without it under `REKEY_REQUIRE_ALL=1`.
 */
export const toolchains: string | undefined = findToolchains();

/** What `useRekey` of `projects/service.ts` returns when all is as it should be. */
export const asItShouldBe =
  "user orders_1, then orders_2; pg.Pool true, mysql2 true; RekeyError true, secret-not-found true; SecretValue true";

export interface Ended {
  readonly code: number | string;
  /** Of both of its streams. */
  readonly output: string;
}

export interface FormatStage extends AsyncDisposable {
  /** A folder into which the packed tarball is installed, with every tool within reach. */
  readonly folder: string;
  /** A copy of a folder of `projects`, with `service.ts` in it. */
  project(name: string): Promise<string>;
  /** Runs a file with Node.js, or another program, until it ends. */
  run(cwd: string, words: readonly string[], options?: RunOptions): Promise<Ended>;
  /** A path in the packages of the tools. */
  tool(name: string): string;
  /** The variables of `run`. */
  readonly variables: Readonly<Record<string, string>>;
}

interface RunOptions {
  readonly program?: string;
  readonly variables?: Readonly<Record<string, string>>;
}

/** Two users of one database, as the contents of a secret before and after its rotation. */
async function twoUsers({ admin, host, port }: EmbeddedPostgres): Promise<readonly object[]> {
  const users = ["orders_1", "orders_2"].map((username) => ({ username, password: `${username}-word` }));
  for (const { username, password } of users) await admin(`CREATE USER ${username} PASSWORD '${password}'`);
  return users.map((user) => ({ ...user, host, port, dbname: "postgres", ssl: false }));
}

async function installTarball(folder: string): Promise<void> {
  const staged = path.join(folder, "staged");
  await stagePackage(undefined, staged);
  await execute("npm", ["pack", "--silent", "--ignore-scripts", "--pack-destination", folder], { cwd: staged });
  await rm(staged, { recursive: true });
  const tarball = (await readdir(folder)).find((file) => file.endsWith(".tgz")) ?? "";
  const installed = path.join(folder, "node_modules/rekey");
  await mkdir(installed, { recursive: true });
  await execute("tar", ["-xzf", path.join(folder, tarball), "-C", installed, "--strip-components=1"]);
}

/** Needs `npm run build` before it. */
export async function startFormatStage(): Promise<FormatStage> {
  if (toolchains === undefined) throw new Error("REKEY_TOOLCHAINS is not set");
  const tools = path.join(toolchains, "node_modules");
  await using starting = new AsyncDisposableStack();
  // Below the tools, so that every module of a project finds them.
  const folder = await mkdtemp(path.join(toolchains, "service-"));
  starting.defer(async () => rm(folder, { recursive: true, force: true }));
  const postgres = await startPostgres();
  starting.defer(postgres.stop);
  await installTarball(folder);
  const variables = {
    PATH: `${path.dirname(process.execPath)}:${process.env["PATH"]}`,
    HOME: folder,
    CI: "1",
    DO_NOT_TRACK: "1",
    NEXT_TELEMETRY_DISABLED: "1",
    ORDERS: JSON.stringify(await twoUsers(postgres)),
  };
  const stops = starting.move();
  return {
    folder,
    variables,
    tool: (name) => path.join(tools, name),
    async project(name) {
      const place = path.join(await mkdtemp(path.join(folder, `${path.basename(name)}-`)), path.basename(name));
      await cp(path.join(projects, name), place, { recursive: true });
      await cp(path.join(projects, "service.ts"), path.join(place, "service.ts"));
      return place;
    },
    run: async (cwd, words, { program = process.execPath, variables: more = {} } = {}) =>
      new Promise((resolve) => {
        const env = { ...variables, ...more };
        execFile(program, words, { cwd, env, timeout: 150_000, maxBuffer: 2 ** 24 }, (error, output, errors) =>
          resolve({ code: error === null ? 0 : (error.code ?? String(error.signal)), output: output + errors }),
        );
      }),
    [Symbol.asyncDispose]: async () => stops.disposeAsync(),
  };
}
