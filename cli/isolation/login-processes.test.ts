import { pathToFileURL } from "node:url";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { AccountNote } from "../../shared/ports/call.ts";
import type { DatabaseEngine, DatabaseSession, Rehearsal } from "../../shared/ports/database-engine.ts";
import { SecretValue } from "../../shared/secrets/secret-value.ts";
import { isolatedEngine } from "./isolated-engine.ts";
import { loginProcesses } from "./login-processes.ts";

const never = new AbortController().signal;
const target = {
  engine: "postgres",
  host: "db.example",
  port: 5432,
  dbname: "postgres",
  tls: { mode: "disable" },
  options: new Map(),
} as const;
const credential = { username: "u", password: new SecretValue("canary") };
const engine: DatabaseEngine = {
  capabilities: { hashesPasswordOnClient: true },
  names: ["postgres"],
  defaultPort: 5432,
  defaultDatabase: "postgres",
  maxUsernameBytes: 63,
  login: async () => ({ ok: false, refusal: "bad-credential" }),
};

/** An engine whose login processes run this code, where `answer(…)` tells the parent, and each question is `question`. */
function stage(code: string, limitMs = 60_000) {
  const folder = mkdtempSync(join(tmpdir(), "rekey-process-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "process.mjs");
  writeFileSync(
    file,
    `const answer = (one) => process.send(one);
     process.on("disconnect", () => process.exit());
     process.on("message", (question) => { ${code} });
     answer({ of: "ready" });`,
  );
  const processes = loginProcesses({ entry: pathToFileURL(file), limitMs });
  return isolatedEngine(engine, processes);
}

const failure = async (code: string, limitMs?: number, signal = never) =>
  stage(code, limitMs)
    .login(target, credential, { signal })
    .then(
      () => "it logged in",
      (error: unknown) => error,
    );

test.each([
  ["loops in JavaScript", "for (;;);"],
  [
    "loops in native code",
    'process.getBuiltinModule?.("crypto").pbkdf2Sync("p", "s", 2 ** 31 - 1, 64, "sha512"); for (;;);',
  ],
  ["never answers", ""],
])("a driver that %s is ended at the limit", async (_what, code) => {
  expect(await failure(code, 2_000)).toMatchObject({ code: "time-budget-spent", context: { host: "db.example" } });
});

test("a driver that loops is ended when the caller's signal fires, and nothing is begun after that", async () => {
  const controller = new AbortController();
  const failed = failure("for (;;);", undefined, controller.signal);
  setTimeout(() => controller.abort(), 500);
  expect(await failed).toMatchObject({ code: "time-budget-spent" });
  expect(await failure("for (;;);", undefined, controller.signal)).toMatchObject({ code: "time-budget-spent" });
});

test.each([
  ["throws where nobody catches", 'setImmediate(() => { throw new Error("canary"); });'],
  ["rejects where nobody awaits", 'Promise.reject(new Error("canary"));'],
  ["exhausts its memory", "const all = []; for (;;) all.push(new Array(100_000).fill(all.length));"],
  ["ends the process", "process.exit(0);"],
])("a driver that %s is a server that misbehaves", async (_what, code) => {
  const error = await failure(code);
  expect(error).toMatchObject({ code: "server-misbehaved", context: { host: "db.example", port: 5432 } });
  expect(JSON.stringify(error)).not.toContain("canary");
});

test("a process that cannot be started is a fault of rekey's own", async () => {
  const processes = loginProcesses({ entry: new URL("file:///nowhere/process.mjs") });
  const login = isolatedEngine(engine, processes).login(target, credential, { signal: never });
  await expect(login).rejects.toMatchObject({ code: "internal-fault" });
});

test("an error keeps its code, context and hint; one of another's code is a fault", async () => {
  const failed = (code: string) => `answer({ of: "failure", code: "${code}", context: { host: "h" }, hint: "wait" });`;
  expect(await failure(failed("database-busy"))).toMatchObject({
    code: "database-busy",
    context: { host: "h" },
    hint: "wait",
  });
  expect(await failure(failed("toString"))).toMatchObject({ code: "internal-fault" });
});

test("the process has none of the caller's environment but whom to trust", async () => {
  process.env["AWS_SECRET_ACCESS_KEY"] ??= "canary";
  process.env["PGOPTIONS"] = "canary";
  onTestFinished(() => void delete process.env["PGOPTIONS"]);
  const names = "Object.keys(process.env).filter((name) => !/^(?:NODE|SSL)_/.test(name)).join()";
  const error = await failure(
    `answer({ of: "failure", code: "database-busy", context: { names: ${names} }, hint: "" });`,
  );
  expect(error).toMatchObject({ context: { names: "" } });
});

test("the process knows the HTTP APIs that the caller grants", async () => {
  const granted = "https://keys.example";
  process.env["REKEY_HTTP_API_ORIGINS"] = granted;
  onTestFinished(() => void delete process.env["REKEY_HTTP_API_ORIGINS"]);
  const context = "{ origins: process.env.REKEY_HTTP_API_ORIGINS }";
  const error = await failure(`answer({ of: "failure", code: "database-busy", context: ${context}, hint: "" });`);
  expect(error).toMatchObject({ context: { origins: granted } });
});

test("a process serves one login after another to one server, and another server has another process", async () => {
  const code = `answer(question.ask === "close" ? { of: "closed" } : { of: "session", can: (globalThis.used = (globalThis.used ?? 0) + 1) > 1 ? ["inspect"] : [] });`;
  const one = stage(code);
  const inspects = async (host: string): Promise<boolean> => {
    const login = await one.login({ ...target, host }, credential, { signal: never });
    if (!login.ok) throw new Error("refused");
    await using session = login.session;
    return "inspect" in session;
  };
  expect([await inspects("a"), await inspects("a"), await inspects("b")]).toEqual([false, true, false]);
});

test("what a rehearsal in the process notes reaches who asked for it", async () => {
  const notes = '[{ code: "password-hash-weak", detail: { user: "u" } }]';
  const one = stage(
    `answer(question.ask === "log in" ? { of: "session", can: ["rehearse"] } : question.ask === "close" ? { of: "closed" } : { of: "rehearsed", notes: ${notes} });`,
  );
  const login = await one.login(target, credential, { signal: never });
  if (!login.ok) throw new Error("refused");
  await using session: DatabaseSession & Partial<Rehearsal> = login.session;
  const noted: AccountNote[] = [];
  await session.rehearse?.({ method: "keepOnly", credential }, { signal: never, note: (note) => noted.push(note) });
  expect(noted).toEqual([{ code: "password-hash-weak", detail: { user: "u" } }]);
});
