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

const attacks: readonly (readonly [string, { careless: string; value: string; warning: string }])[] = [
  [
    "A writer puts a value that is no database secret: the pool of each service queries on with the one it has",
    { careless: "none", value: written, warning: "" },
  ],
  [
    "A writer puts a value at which a service's listener throws: the service lives, and the value is in no warning",
    { careless: "listener that throws", value: written, warning: 'a listener of "rotated" failed: SyntaxError' },
  ],
  [
    "A writer puts a value at which a service's asynchronous listener rejects: the service lives, and the value is in no warning",
    { careless: "listener that rejects", value: written, warning: 'a listener of "rotated" failed: SyntaxError' },
  ],
  [
    "A rotation comes to a service whose acknowledgement throws in place of rejecting: no connection and no process is lost",
    { careless: "acknowledgement that throws", value: "", warning: "" },
  ],
  [
    "A rotation comes to a service whose acknowledgement gives no promise: no connection and no process is lost",
    { careless: "acknowledgement that gives no promise", value: "", warning: "" },
  ],
  [
    "A rotation comes to a service whose listener of drained pools throws: the service lives, and the pool can be ended",
    { careless: "drain listener that throws", value: "", warning: 'a listener of "drained" failed: SyntaxError' },
  ],
];

test.for(attacks)("%s", async ([, { careless, value, warning }], { signal }) => {
  const ended = await serve(careless, value, signal);
  // It answered after the attack, and ended by itself.
  expect(ended).toMatchObject({ code: 0, output: "42" });
  expect(ended.errors).toContain(warning);
  expect(ended.errors).not.toContain("of-this-canary");
});
