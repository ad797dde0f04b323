import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { startPostgres } from "../../local/postgres/embedded-postgres.ts";
import type { EngineFixture } from "../../shared/testing/engine-contract/fixture.ts";
import { startStage } from "../../shared/testing/engine-contract/stage.ts";
import { shippedAgent } from "../support/agent-process.ts";
import { agentTokenText } from "../support/agent-stage.ts";
import { childVariables } from "../support/child-variables.ts";
import { mariadbFixture } from "../support/mariadb-fixture.ts";
import { mariadbd } from "../support/mysql-servers.ts";
import { outsideProgram } from "../support/outside-program.ts";
import { postgresFixture } from "../support/postgres-fixture.ts";

const python = outsideProgram("REKEY_RECIPE_PYTHON", "PyPI, by .ci/install-programs");
const java = outsideProgram("REKEY_RECIPE_JAVA", "Maven, by .ci/install-java-recipe");
const examples = join(import.meta.dirname, "../../examples");
const rotations = 20;
const strategies = [
  { strategy: "single-user", usesAdmin: false },
  { strategy: "alternating-users", usesAdmin: true },
] as const;

interface Language {
  readonly name: string;
  /** For the scheme of a URL. */
  readonly drivers: Readonly<Record<"postgres" | "mariadb", string>>;
  command(folder: string): readonly [string, ...string[]];
}

const languages: readonly Language[] = [
  ...(python === undefined
    ? []
    : [
        {
          name: "Python",
          drivers: { postgres: "postgresql+psycopg", mariadb: "mysql+pymysql" },
          command: () => [python, join(examples, "python/orders.py")] as const,
        },
      ]),
  ...(java === undefined
    ? []
    : [
        {
          name: "Java",
          drivers: { postgres: "jdbc:postgresql", mariadb: "jdbc:mariadb" },
          command: (folder: string) => [java, join(examples, "java"), folder, "Orders"] as const,
        },
      ]),
];

interface Program {
  readonly child: ChildProcess;
  readonly lines: unknown[];
  readonly ended: Promise<unknown>;
  output: string;
}

function startProgram(command: readonly [string, ...string[]], variables: Readonly<Record<string, string>>): Program {
  const [file, ...words] = command;
  const child = spawn(file, words, { env: { ...childVariables, PYTHONDONTWRITEBYTECODE: "1", ...variables } });
  const program: Program = { child, lines: [], ended: once(child, "close"), output: "" };
  createInterface(child.stdout).on("line", (line) => {
    program.output += line;
    program.lines.push(JSON.parse(line));
  });
  child.stderr.on("data", (chunk: Buffer) => (program.output += String(chunk)));
  return program;
}

const servers: readonly (readonly ["postgres" | "mariadb", EngineFixture])[] = [
  ["postgres", postgresFixture("PostgreSQL", async () => startPostgres())],
  ...(mariadbd === undefined ? [] : ([["mariadb", mariadbFixture(mariadbd)]] as const)),
];

describe.skipIf(languages.length === 0)("the recipes of Python and Java", () => {
  test.each(servers)("no query fails in twenty rotations on %s", { timeout: 240_000 }, async (kind, fixture) => {
    await using stops = new AsyncDisposableStack();
    const stage = await startStage(fixture, await fixture.start());
    stops.defer(async () => stage.server.stop());
    stops.defer(stage.stop);
    const { hostname, port: awsPort } = (await stage.aws.own.config.endpoint?.()) ?? {};
    const endpoint = `http://${hostname}:${awsPort}`;
    const agents = stops.use(await shippedAgent({ aws: { endpoint }, region: "us-east-1" }));
    const agent = await agents.start([]);
    const folder = await mkdtemp(join(tmpdir(), "rekey-recipes-"));
    stops.defer(async () => rm(folder, { recursive: true }));

    const database = kind === "postgres" ? "postgres" : "";
    const at = `127.0.0.1:${stage.proxy.port}/${database}`;
    const variables = { AWS_TOKEN: agentTokenText, REKEY_AGENT: `http://127.0.0.1:${agent.port}` };
    const secrets = await Promise.all(strategies.map(async (variant) => stage.newSecret(variant)));
    const programs = languages.flatMap(({ drivers, command }) =>
      secrets.map(({ id }) =>
        startProgram([...command(folder), `${drivers[kind]}://${at}`, id] as [string, ...string[]], variables),
      ),
    );
    for (const { child } of programs) stops.defer(() => void child.kill("SIGKILL"));
    for (const program of programs)
      await expect.poll(() => program.lines, { timeout: 60_000, message: program.output }).toHaveLength(2);

    for (let rotation = 0; rotation < rotations; rotation++) {
      for (const { id } of secrets) await stage.rotate(id);
      await setTimeout(300);
    }
    for (const program of programs) {
      program.child.stdin?.end();
      await program.ended;
      expect(program.lines.at(-1)).toEqual({ queries: [expect.any(Number), expect.any(Number)], failures: [] });
      for (const password of stage.passwords) expect(program.output).not.toContain(password);
    }
    expect(stage.outcomes.filter(({ code }) => code !== undefined)).toEqual([]);
    expect(stage.outcomes.filter(({ step }) => step === "finishSecret")).toHaveLength(rotations * secrets.length);
  });
});
