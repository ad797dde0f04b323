import { inspect } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type RotationStage, startRotationStage } from "../support/rotation-stage.ts";

let stage: RotationStage;

beforeAll(async () => {
  stage = await startRotationStage();
  for (const strategy of ["single-user", "alternating-users"] as const) {
    const secretId = await stage.createSecret(strategy);
    stage.wire.arm({ at: -1, fault: "refuse", kills: false });
    await stage.rotate(secretId);
    const messages = stage.wire.count;
    for (let at = 1; at <= messages; at += 3) {
      stage.wire.arm({ at, fault: "cut", kills: false });
      await stage.rotate(secretId);
    }
  }
});
afterAll(async () => stage.stop());

const findings = (text: string): readonly string[] => stage.generated.filter((password) => text.includes(password));

test("rotations were run, healthy and broken ones", () => {
  expect(stage.generated.length).toBeGreaterThan(15);
});

test("no generated password is in PostgreSQL's log, which holds every statement", async () => {
  const log = await stage.postgres.log();
  expect(log).toContain("ALTER ROLE");
  expect(findings(log)).toEqual([]);
});

test("no generated password is in pg_stat_statements", async () => {
  const rows = await stage.postgres.admin<{ query: string }>("SELECT query FROM pg_stat_statements");
  const text = rows.map(({ query }) => query).join("\n");
  expect(text).toContain("SCRAM-SHA-256");
  expect(findings(text)).toEqual([]);
});

test("no generated password is in an event, an error, a report for the log or the record of requests", () => {
  expect(stage.events.length).toBeGreaterThan(0);
  expect(stage.reports.length).toBeGreaterThan(0);
  const everything = inspect([stage.events, stage.reports, stage.lockOuts, stage.front.requests], {
    depth: 9,
    maxArrayLength: null,
    maxStringLength: null,
  });
  expect(findings(everything)).toEqual([]);
});
