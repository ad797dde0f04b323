import { afterAll, beforeAll, expect, test } from "vitest";
import { type EmbeddedPostgres, startPostgres } from "../../../local/postgres/embedded-postgres.ts";
import { type EndedScript, runScript } from "../../support/script-process.ts";

const script = new URL("../../support/process/service-child.ts", import.meta.url);
const written = "not JSON, with of-this-canary";
let postgres: EmbeddedPostgres;

beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(async () => postgres.stop());

/** The service with this careless part, whose secret is rotated, or written over with this. */
async function serve(careless: string, value: string, signal: AbortSignal): Promise<EndedScript> {
  const { host, port, superuser } = postgres;
  const words = [careless, host, String(port), superuser.username, superuser.password, value];
  return runScript(script, words, { signal });
}

/** It answered after the attack, and ended by itself without a word of the canary. */
function expectAlive({ code, output, errors }: EndedScript): void {
  expect({ code, output }, errors).toEqual({ code: 0, output: "42" });
  expect(errors).not.toContain("of-this-canary");
}

test("A writer puts a value that is no database secret: the pool of each service queries on with the one it has", async ({
  signal,
}) => {
  expectAlive(await serve("none", written, signal));
});

test("A writer puts a value at which a service's listener throws: the service lives, and the value is in no warning", async ({
  signal,
}) => {
  const ended = await serve("listener that throws", written, signal);
  expectAlive(ended);
  expect(ended.errors).toContain('a listener of "rotated" failed: SyntaxError');
});

test("A writer puts a value at which a service's asynchronous listener rejects: the service lives, and the value is in no warning", async ({
  signal,
}) => {
  const ended = await serve("listener that rejects", written, signal);
  expectAlive(ended);
  expect(ended.errors).toContain('a listener of "rotated" failed: SyntaxError');
});

test("A rotation comes to a service whose acknowledgement throws in place of rejecting: no connection and no process is lost", async ({
  signal,
}) => {
  expectAlive(await serve("acknowledgement that throws", "", signal));
});

test("A rotation comes to a service whose acknowledgement gives no promise: no connection and no process is lost", async ({
  signal,
}) => {
  expectAlive(await serve("acknowledgement that gives no promise", "", signal));
});

test("A rotation comes to a service whose listener of drained pools throws: the service lives, and the pool can be ended", async ({
  signal,
}) => {
  const ended = await serve("drain listener that throws", "", signal);
  expectAlive(ended);
  expect(ended.errors).toContain('a listener of "drained" failed: SyntaxError');
});
