import { expect, test } from "vitest";
import { startPostgres } from "../../local/postgres/embedded-postgres.ts";
import { certify, type ClauseResult, type EngineFixture } from "../../shared/testing/engine-contract/index.ts";
import { postgresFixture } from "../support/postgres-fixture.ts";
import { sampled } from "../support/sampled.ts";

const fixture = postgresFixture("PostgreSQL 18", startPostgres);
const single = fixture.variants[0];

/** One way to rotate, and a few clauses of it. */
const short = (changed: Partial<EngineFixture> = {}): EngineFixture => ({
  ...fixture,
  variants: [single],
  exemptions: (["nothing-else-changed", "tls", "tls-absent", "tls-not-verified", "black-hole", "silent"] as const).map(
    (clause) => ({ clause, reason: "tried in another test" }),
  ),
  ...changed,
});
const atMostOne = <Case>(cases: readonly Case[], most: number): readonly Case[] => sampled(cases, Math.min(most, 2));

test("the contract runs without a test runner, and says what it tried and what it left out", async () => {
  const told: ClauseResult[] = [];
  const report = await certify(short(), { sampled: atMostOne, onResult: (result) => void told.push(result) });
  expect(report.results.filter(({ outcome }) => outcome === "failed")).toEqual([]);
  expect(report.holds).toBe(true);
  expect(told).toEqual(report.results);
  expect(new Set(report.results.map(({ clause }) => clause))).toContain("killed");
  expect(report.tallies["single-user"]?.faultPoints).toBeGreaterThan(0);
  expect(report.tallies["single-user"]).toMatchObject({
    converged: report.tallies["single-user"]?.faultPoints,
    lockOuts: 0,
  });
  expect(report.exemptions).toContainEqual({ clause: "tls", group: "single-user", reason: "tried in another test" });
});

test("where the new credentials do not log in, the contract does not hold, and the report has no password", async () => {
  const passwords = new Set<string>();
  const refusing = short({
    async start() {
      const server = await fixture.start();
      const accepts: typeof server.accepts = async ({ password }) => {
        passwords.add(password);
        return false;
      };
      return { ...server, accepts };
    },
  });
  const report = await certify(refusing, { sampled: atMostOne });
  const failed = new Set(report.results.flatMap(({ clause, outcome }) => (outcome === "failed" ? [clause] : [])));
  expect(failed).toContain("healthy");
  expect(failed).toContain("awkward-names");
  expect(report.holds).toBe(false);
  const text = JSON.stringify(report);
  const printed = [...passwords].filter((password) => password.length >= 12 && text.includes(password));
  expect({ some: passwords.size > 3, printed }).toEqual({ some: true, printed: [] });
});

test("an interrupted run stops its server, and holds nothing", async () => {
  const interrupt = new AbortController();
  let stopped = 0;
  const watched = short({
    async start() {
      const server = await fixture.start();
      return {
        ...server,
        async stop() {
          stopped++;
          await server.stop();
        },
      };
    },
  });
  const report = await certify(watched, {
    sampled: atMostOne,
    signal: interrupt.signal,
    onResult: () => interrupt.abort(),
  });
  expect({ stopped, holds: report.holds, results: report.results.length }).toEqual({
    stopped: 1,
    holds: false,
    results: 1,
  });
});
