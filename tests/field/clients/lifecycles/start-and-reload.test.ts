import { readFileSync } from "node:fs";
import { utimes } from "node:fs/promises";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { request } from "../../../support/lifecycles/request-load.ts";
import { startServiceStage } from "../../../support/lifecycles/service-stage.ts";
import { takesConnections } from "../../../support/listening.ts";
import { outsideProgram } from "../../../support/outside-program.ts";
import { fieldCase, printFieldCases } from "../../field-cases.ts";
import { duringTests } from "../../field-stage.ts";

const stage = duringTests(async () => startServiceStage());
const kind = "lifecycles";
const soon = { timeout: 60_000 };
const ok = { status: 200 };
printFieldCases();

const childrenOf = (pid: number | undefined): readonly number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").filter(Boolean).map(Number);

test(
  "a program that starts while Secrets Manager is down waits for it, and starts",
  fieldCase(kind, async () => {
    const secretId = await stage.secret();
    const down = stage.cli.stack.aws.faults.inject({ kind: "refuse", service: "secretsmanager" });
    const program = await stage.start("start-up.ts", secretId);
    await expect.poll(() => down.matched, soon).toBeGreaterThan(3);
    expect(program.output()).toBe("");
    down.remove();
    expect({ end: await program.ended, printed: program.output() }).toEqual({
      end: 0,
      printed: expect.stringMatching(/^starting with [\da-f-]{36}\n$/u),
    });
  }),
);

test(
  "one whose source stays down ends with 1 and the reason, no value in it",
  fieldCase(kind, async () => {
    const down = stage.cli.stack.aws.faults.inject({ kind: "refuse", service: "secretsmanager" });
    onTestFinished(() => down.remove());
    const changes = { "start-up.ts": { "60_000": "1_000" } };
    const program = await stage.start("start-up.ts", "nothing", { changes });
    expect(await program.ended).toBe(1);
    expect(program.output()).toMatch(/store-unavailable/u);
  }),
);

test(
  "a service with a pool starts while Secrets Manager is down, answers with an error, and goes well once it is back",
  fieldCase(kind, async () => {
    const secretId = await stage.secret();
    const down = stage.cli.stack.aws.faults.inject({ kind: "refuse", service: "secretsmanager" });
    const service = await stage.startServer("server.ts", secretId);
    expect(await request(service.port)).toEqual({ status: 500 });
    down.remove();
    await expect.poll(async () => request(service.port), soon).toEqual(ok);
    service.child.kill("SIGTERM");
    expect(await service.ended).toBe(0);
  }),
);

test(
  "a script that closes its pool and not its client ends by itself, with 0",
  fieldCase(kind, async () => {
    const secretId = await stage.secret();
    const script = await stage.start("script.ts", secretId);
    expect({ end: await script.ended, printed: script.output() }).toEqual({ end: 0, printed: "{ count: '0' }\n" });
    expect(await stage.connections(secretId)).toEqual({ open: 0, waiting: 0 });
  }),
);

test(
  "a script that closes nothing is kept by its pool for `idleTimeoutMillis`, and ends by itself",
  fieldCase(kind, async () => {
    const secretId = await stage.secret();
    const changes = {
      "script.ts": { "await using pool": "const pool", "({ client,": "({ pool: { idleTimeoutMillis: 500 }, client," },
    };
    const script = await stage.start("script.ts", secretId, { changes });
    expect({ end: await script.ended, printed: script.output() }).toEqual({ end: 0, printed: "{ count: '0' }\n" });
  }),
);

test(
  "a test with `await using` leaves no handle open",
  fieldCase(kind, async () => {
    const secretId = await stage.secret();
    const { SecretString: TEST_DATABASE = "" } = await stage.cli.secrets.getSecretValue({ SecretId: secretId });
    const run = await stage.start("orders.test.ts", secretId, { variables: { TEST_DATABASE } });
    expect(await run.ended).toBe(0);
    expect(run.output()).toMatch(/pass 1\b/u);
    expect(await stage.connections(secretId)).toEqual({ open: 0, waiting: 0 });
  }),
);

test(
  "a module that a development server evaluates again keeps its pool",
  fieldCase(kind, async () => {
    const secretId = await stage.secret();
    const before = await stage.logins(secretId);
    const evaluatedTwice = new URL("../../../support/lifecycles/evaluated-twice.ts", import.meta.url).pathname;
    const program = await stage.start("kept-database.ts", secretId, { node: [evaluatedTwice] });
    expect({ end: await program.ended, printed: program.output() }).toEqual({ end: 0, printed: "one pool" });
    expect((await stage.logins(secretId)) - before).toBe(1);
  }),
);

test(
  "`node --watch` restarts a service that answers what is under way, and leaves no queue and no connection of the one before",
  { timeout: 60_000 },
  fieldCase(kind, async () => {
    const secretId = await stage.secret();
    const service = await stage.startServer("server.ts", secretId, { node: ["--watch"] });
    expect(await request(service.port)).toEqual(ok);
    const [before] = await stage.backends(secretId);
    await using lock = await stage.lockTable();
    const underWay = request(service.port);
    await expect.poll(async () => (await stage.connections(secretId)).waiting, soon).toBe(1);
    await utimes(path.join(service.folder, "server.ts"), new Date(), new Date());
    await expect.poll(async () => takesConnections(service.port), soon).toBe(false);
    await lock.release();
    expect(await underWay).toEqual(ok);
    await expect.poll(async () => takesConnections(service.port), soon).toBe(true);
    expect(await request(service.port)).toEqual(ok);
    expect(await stage.backends(secretId)).not.toContain(before);
    expect(await stage.subscriberQueues()).toBe(1);
    service.child.kill("SIGTERM");
    await service.ended;
    await expect.poll(async () => stage.subscriberQueues(), soon).toBe(0);
  }),
);

/** Node as process 1 of a namespace, which takes root. */
const unshare = process.getuid?.() === 0 ? outsideProgram("REKEY_UNSHARE", "Debian: util-linux", "unshare") : undefined;
const asProcess1 = [unshare ?? "", "--fork", "--pid", "--kill-child"];

test.skipIf(unshare === undefined)(
  "as process 1 of a container a service ends on SIGTERM as everywhere",
  fieldCase(kind, async () => {
    const secretId = await stage.secret();
    const service = await stage.startServer("server.ts", secretId, {
      command: asProcess1,
    });
    expect(await request(service.port)).toEqual(ok);
    const [first = 0] = childrenOf(service.child.pid);
    process.kill(first, "SIGTERM");
    expect({ end: await service.ended, printed: service.output() }).toEqual({ end: 0, printed: "" });
    expect(await stage.subscriberQueues()).toBe(0);
  }),
);

test.skipIf(unshare === undefined)(
  "as process 1 a program without a handler does not end on SIGTERM, as the page says",
  fieldCase(kind, async () => {
    const secretId = await stage.secret();
    const changes = { "server.ts": { 'process.once("SIGTERM"': 'process.once("SIGUSR2"' } };
    const service = await stage.startServer("server.ts", secretId, {
      changes,
      command: asProcess1,
    });
    const [first = 0] = childrenOf(service.child.pid);
    process.kill(first, "SIGTERM");
    expect(await request(service.port)).toEqual(ok);
    expect(await request(service.port)).toEqual(ok);
    process.kill(first, "SIGUSR2");
    expect(await service.ended).toBe(0);
  }),
);
