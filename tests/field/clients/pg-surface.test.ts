import { EventEmitter } from "node:events";
import { readFileSync } from "node:fs";
import pg from "pg";
import { afterAll, afterEach, beforeAll, describe } from "vitest";
import { type EmbeddedPostgres, startPostgres } from "../../../local/postgres/embedded-postgres.ts";
import { printFieldCases } from "../field-cases.ts";
import { countsAndEvents } from "./pg-surface/counts-and-events.ts";
import { methods } from "./pg-surface/methods.ts";
import { options } from "./pg-surface/options.ts";
import { processes } from "./pg-surface/processes.ts";
import { authority, pgSubjects } from "./pg-surface/subject.ts";
import { membersOf, optionsOf, testSurface } from "./surface.ts";

printFieldCases();

const types = readFileSync(new URL("../../../node_modules/@types/pg/index.d.ts", import.meta.url), "utf8");
const [, events = ""] = /class Pool [\s\S]*?on<K extends ([^>]*)>/.exec(types) ?? [];

describe("pg's pool and rekey's", () => {
  let postgres: EmbeddedPostgres;
  let subjects: Awaited<ReturnType<typeof pgSubjects>>;
  beforeAll(async () => {
    postgres = await startPostgres({
      certificate: authority.issue({ addresses: ["127.0.0.1"], names: ["localhost"] }),
    });
    subjects = await pgSubjects(postgres);
  });
  afterEach(async () => subjects.endAll());
  afterAll(async () => {
    await subjects.stop();
    await postgres.stop();
  });

  testSurface({
    name: "pg",
    driver: () => subjects.driver(),
    ours: () => subjects.ours(),
    rows: [...methods, ...countsAndEvents, ...options, ...processes],
    members: [
      ...membersOf(new pg.Pool(), EventEmitter.prototype).filter((name) => name !== "domain"),
      ...optionsOf(types, "PoolConfig"),
      ...[...events.matchAll(/"(\w+)"/g)].map(([, event = ""]) => event),
    ],
  });
});
