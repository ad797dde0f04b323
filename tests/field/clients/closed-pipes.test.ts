import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { type CliStage, startCliStage } from "../../support/cli-stage.ts";
import { outsideProgram } from "../../support/outside-program.ts";
import { fieldCase, printFieldCases } from "../field-cases.ts";

const main = resolve(import.meta.dirname, "../../../dist/package/cli/rekey.js");
const names = ["a", "b", "c", "d", "e", "f", "g", "h"].map((letter) => `pipe/${letter}`);
const generous = { timeout: 120_000 };
const silently = "it stops silently";

printFieldCases();

let stage: CliStage;
let folder = "";
beforeAll(async () => {
  stage = await startCliStage();
  for (const name of names) await stage.secret(name);
  await stage.secret("pipe/off", { rotated: false });
  folder = await mkdtemp(join(tmpdir(), "rekey-pipes-"));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
  await stage.stop();
});

interface Ended {
  /** Of rekey itself, wherever it stands in the line. */
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** A line of a shell in which `rekey` is the built command; the code of the first program in the line. */
async function shell(line: string, more: Readonly<Record<string, string>> = {}): Promise<Ended> {
  const script = `rekey() { "${process.execPath}" "${main}" "$@"; }; ${line}; exit "\${PIPESTATUS[0]}"`;
  return new Promise((done) => {
    execFile("/bin/bash", ["--norc", "-c", script], { env: { ...stage.variables, ...more } }, (error, out, err) =>
      done({ code: typeof error?.code === "number" ? error.code : 0, out, err }),
    );
  });
}

const versionOf = async (name: string): Promise<string | undefined> =>
  (await stage.secrets.getSecretValue({ SecretId: name })).VersionId;
const versions = async (): Promise<readonly (string | undefined)[]> => Promise.all(names.map(versionOf));

/** How many of the secrets have another version than before. */
async function rotatedBy(work: () => Promise<unknown>): Promise<number> {
  const before = await versions();
  await work();
  const after = await versions();
  return after.filter((version, at) => version !== before[at]).length;
}

const endings: readonly (readonly [string, string, number])[] = [
  ["whose reader has read enough (head)", "| head -n 2", 0],
  ["whose reader was never there", "| true", 0],
  ["that is closed", ">&-", 0],
  ["on a full disk", ">/dev/full", 1],
  ["on a full disk, as is stderr", ">/dev/full 2>&1", 1],
  ["whose reader is gone, as is that of stderr", "2>&1 | true", 0],
];

describe("rotate --all with an output", () => {
  test.each(endings)(
    "%s rotates every secret, and its exit code is its result",
    generous,
    async (_what, ending, code) =>
      fieldCase(silently, async () => {
        const line = `rekey rotate ${names.join(" ")} --yes --json --canary 2 ${ending}`;
        const count = await rotatedBy(async () => {
          const ended = await shell(line);
          expect([ended.code, ended.err]).toEqual([code, expect.not.stringMatching(/\n\s+at |node:/)]);
          const told = ending === ">/dev/full" ? "stdout cannot be written (ENOSPC)" : "";
          expect(ended.err).toContain(told);
        });
        expect(count).toBe(names.length);
      })(),
  );

  test(
    "whose reader is gone ends with 1 where a secret was not rotated",
    generous,
    fieldCase(silently, async () => {
      const ended = await shell("rekey rotate pipe/off --yes --json | true");
      expect(ended.code).toBe(1);
    }),
  );
});

test(
  "mirror --all mirrors every secret, however little of its output is read",
  generous,
  fieldCase(silently, async () => {
    for (const [at, ending] of ["| head -n 2", "| true", ">/dev/full"].entries()) {
      // At a place of its own, where nothing else mirrors.
      const vault = { ...stage.vault, VAULT_PATH_PREFIX: `by-hand-${at}` };
      const { code } = await shell(`rekey mirror --all --json ${ending}`, vault);
      expect([ending, code]).toEqual([ending, ending === ">/dev/full" ? 1 : 0]);
      const again = await shell("rekey mirror --all --json", vault);
      const outcomes = again.out
        .trim()
        .split("\n")
        .map((line) => (JSON.parse(line) as { outcome: string }).outcome);
      expect(outcomes).toEqual(names.map(() => "unchanged"));
    }
  }),
);

test(
  "adopt does what it is asked without a reader",
  generous,
  fieldCase(silently, async () => {
    await stage.secret("pipe/adopted", { rotated: false });
    expect((await shell("rekey adopt pipe/adopted --yes --json 2>&1 | true")).code).toBe(0);
    await stage.stack.secretsManager.idle();
    expect(await stage.secrets.describeSecret({ SecretId: "pipe/adopted" })).toMatchObject({ RotationEnabled: true });
  }),
);

test.each(["status", "status --json", "history pipe/a", "plan", "completion bash", "vault-policy secret"])(
  "%s ends quietly as git does when nobody reads it, and with one line when the disk is full",
  generous,
  async (words) =>
    fieldCase(silently, async () => {
      expect(await shell(`rekey ${words} | true`)).toEqual({ code: 141, out: "", err: "" });
      const full = await shell(`rekey ${words} >/dev/full`);
      expect(full).toEqual({ code: 1, out: "", err: "stdout cannot be written (ENOSPC)\n" });
    })(),
);

test(
  "a file that the disk takes half of is a failure, and not a shorter result",
  generous,
  fieldCase(silently, async () => {
    const file = join(folder, "status.json");
    const { code, err } = await shell(`ulimit -f 1; rekey status --json >"${file}"`);
    expect([code, err]).toEqual([1, "stdout cannot be written (EFBIG)\n"]);
    expect((await readFile(file, "utf8")).length).toBe(1_024);
  }),
);

test(
  "errors that nobody reads do not change how a command ends",
  generous,
  fieldCase(silently, async () => {
    for (const ending of ["2>&-", "2>/dev/full", "2> >(true)"]) {
      expect((await shell(`rekey rotate pipe/nowhere --yes ${ending}`)).code).toBe(1);
      expect((await shell(`rekey status ${ending}`)).code).toBe(0);
    }
  }),
);

/** A campaign of all secrets whose starts take long, once it has begun. */
async function slowCampaign(...before: readonly string[]) {
  const slow = stage.stack.aws.faults.inject({ kind: "delay", operation: "RotateSecret", delayMs: 1_500 });
  onTestFinished(() => slow.remove());
  const [program = "", ...words] = [...before, process.execPath, main, "rotate", ...names];
  const child = spawn(program, [...words, "--yes", "--canary", "0", "--at-once", "1", "--json"], {
    env: stage.variables,
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const printed = { out: "" };
  child.stdout.on("data", (chunk: Buffer) => (printed.out += chunk.toString()));
  await expect.poll(() => slow.matched, { timeout: 60_000 }).toBeGreaterThan(0);
  const ended = once(child, "close").then(([code, signal]: unknown[]) => code ?? signal);
  return { child, printed, ended, slow };
}

test.each([
  ["SIGINT", 130],
  ["SIGTERM", 143],
] as const)("%s ends a campaign in order, with the code of the signal", generous, async (signal, code) =>
  fieldCase(silently, async () => {
    const { child, printed, ended } = await slowCampaign();
    child.kill(signal);
    expect(await ended).toBe(code);
    expect(printed.out).toContain('"stopped":"by-caller"');
  })(),
);

test(
  "SIGHUP where there is no terminal, as under nohup, does not end a campaign",
  generous,
  fieldCase(silently, async () => {
    const { child, printed, ended, slow } = await slowCampaign();
    child.kill("SIGHUP");
    slow.remove();
    expect(await ended).toBe(0);
    expect(printed.out).toContain(`"rotated":${names.length}`);
  }),
);

const python = outsideProgram("REKEY_PYTHON", "Debian: python3", "python3");
/** Runs a program on a terminal of its own. */
const onTerminal = "import pty, sys; sys.exit(__import__('os').waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))";

test.skipIf(python === undefined)(
  "a terminal that is closed ends a campaign in order",
  generous,
  fieldCase(silently, async () => {
    const { child, ended } = await slowCampaign(python ?? "", "-c", onTerminal);
    const before = await versions();
    // The terminal goes with the program that holds it.
    child.kill("SIGKILL");
    await ended;
    const asked = (): number => stage.stack.aws.requests.filter(({ operation }) => operation === "RotateSecret").length;
    await stage.stack.secretsManager.idle();
    const begun = asked();
    await new Promise((done) => setTimeout(done, 4_000));
    expect(asked()).toBeLessThanOrEqual(begun + 1);
    expect((await versions()).filter((version, at) => version !== before[at]).length).toBeLessThan(names.length);
  }),
);
