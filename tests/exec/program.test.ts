import { existsSync, readdirSync, readFileSync, statfsSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { execFileSync } from "node:child_process";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { outsideProgram } from "../support/outside-program.ts";
import { type ExecStage, startExecStage } from "../support/exec-stage.ts";

const names = ["canary-user", "canary-password"] as const;
const hasTmpfs = existsSync("/dev/shm") && statfsSync("/dev/shm").type === 0x01021994;
let stage: ExecStage;

beforeAll(async () => {
  stage = await startExecStage();
  await stage.secret("app/db", { username: names[0], password: names[1], port: 5432, note: 'a "quoted"\nline' });
});
afterAll(async () => stage.stop("canary"));

const shell = (script: string): readonly string[] => ["--", "sh", "-c", script];
const db = ["--secret", "app/db"];
const password = [...db, "--env", "PW=password"];
const foreverPrinting = (text: string): readonly string[] => shell(`echo "${text}"; while :; do sleep 0.1; done`);
/** Not a zombie either, which is whoever's that should wait for it. */
const isAlive = (pid: number): boolean => {
  try {
    return !readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z ");
  } catch {
    return false;
  }
};

test("variables and files have the members that they name, and nothing is on disk or left at the end", async () => {
  const own = join(stage.folder, "own.env");
  const run = stage.run([
    ...["--secret", "db=app/db"],
    ...["--env", "DB_USER=db.username", "--env", "WHOLE=db", "--env", "DB_FILE=file:db.json"],
    ...["--file", 'db.json={"user": {{ db.username }}, "port": {{db.port}}, "note": {{ db.note }}}'],
    ...["--file", `${own}=PW={{ db.password }}`],
    ...shell(
      'echo "$DB_USER $WHOLE"; cat "$DB_FILE"; echo; cat own.env; ls -l; echo "at=$REKEY_FILES"; env; sleep 0.2',
    ),
  ]);
  expect(await run.ended).toBe(0);
  expect(run.out()).toContain(`${names[0]} {"username":"${names[0]}"`);
  expect(run.out()).toContain(`{"user": "${names[0]}", "port": 5432, "note": "a \\"quoted\\"\\nline"}`);
  expect(run.out()).toContain(`PW=${names[1]}`);
  expect(run.out()).toMatch(/-rw------- .* own\.env/u);
  const [, folder = ""] = /^at=(.+)$/mu.exec(run.out()) ?? [];
  expect(folder).toMatch(hasTmpfs ? /^\/dev\/shm\/rekey-exec-/u : /\/rekey-exec-/u);
  expect(existsSync(folder)).toBe(false);
  expect(existsSync(own)).toBe(false);
});

test("standard input, output and errors are the program's own", async () => {
  const run = stage.run([...password, "--", "sh", "-c", 'cat; echo "end" >&2']);
  run.child.stdin?.end("through\n".repeat(20_000));
  expect(await run.ended).toBe(0);
  expect(run.out()).toBe("through\n".repeat(20_000));
  expect(run.err()).toBe("end\n");
});

test.each([
  ["its exit code", "exit 7", 7],
  ["128 and the signal's number", "kill -KILL $$", 137],
  ["as a shell does, what it ended by", "kill -TERM $$", 143],
])("the program's end is the command's: %s", async (_what, script, code) => {
  expect(await stage.run([...password, ...shell(script)]).ended).toBe(code);
});

test("a program that is not there, or cannot be run, is said as a shell does", async () => {
  const gone = stage.run([...password, "--", "no-such-program"]);
  expect(await gone.ended).toBe(127);
  expect(gone.err()).toContain("no-such-program is not there");
  const plain = join(stage.folder, "plain");
  writeFileSync(plain, "no program");
  expect(await stage.run([...password, "--", plain]).ended).toBe(126);
});

test("signals reach the program, and the one that ends reaches its group", async () => {
  const script =
    'sleep 300 & trap "echo hup" HUP; trap "echo usr1" USR1; trap "echo term; exit 9" TERM; echo "sleep=$!="; while :; do sleep 0.1; done';
  const run = stage.run([...password, ...shell(script)]);
  await run.printed("sleep=");
  run.child.kill("SIGHUP");
  await run.printed("hup");
  run.child.kill("SIGUSR1");
  await run.printed("usr1");
  run.child.kill("SIGTERM");
  expect(await run.ended).toBe(9);
  expect(run.out()).toContain("term");
  expect(isAlive(Number(/sleep=(\d+)=/u.exec(run.out())?.[1]))).toBe(false);
});

test("what a program leaves behind in its group ends with it", async () => {
  const run = stage.run([
    ...password,
    "--grace",
    "300ms",
    ...shell('(trap "" TERM; exec sleep 300) & echo "left=$!="'),
  ]);
  expect(await run.ended).toBe(0);
  await expect.poll(() => isAlive(Number(/left=(\d+)=/u.exec(run.out())?.[1]))).toBe(false);
});

test("the program has the AWS credentials and none of rekey's settings, and no command line has a value", async () => {
  const run = stage.run([...password, ...shell("env; ps -eo args; cat /proc/$PPID/cmdline")], {
    env: { REKEY_SOMETHING: "canary-of-rekey" },
  });
  expect(await run.ended).toBe(0);
  const printed = run.out().split("\n");
  expect(printed.filter((line) => line.startsWith("REKEY_"))).toEqual([]);
  expect(printed).toContain("AWS_ACCESS_KEY_ID=test");
  expect(printed.filter((line) => line.includes(names[1]) || line.includes("canary-of-rekey"))).toEqual([
    `PW=${names[1]}`,
  ]);
});

test("killed with SIGKILL, rekey leaves no file, and its program is stopped, also where that ignores the signal", async () => {
  const own = join(stage.folder, "killed.json");
  const run = stage.run([
    ...db,
    ...["--file", `${own}={"pw": {{ password }}}`, "--file", "pw={{ password }}", "--grace", "1s"],
    ...shell('trap "" TERM; echo "at=$REKEY_FILES pid=$$="; while :; do sleep 0.1; done'),
  ]);
  await run.printed("pid=");
  const [, folder = "", pid = ""] = /at=(.+) pid=(\d+)=/u.exec(run.out()) ?? [];
  expect(readFileSync(own, "utf8")).toBe(`{"pw": "${names[1]}"}`);
  expect(statSync(own).mode & 0o777).toBe(0o600);
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  expect(readdirSync(folder)).toEqual(["pw"]);
  run.child.kill("SIGKILL");
  await expect.poll(() => existsSync(own) || existsSync(folder)).toBe(false);
  await expect.poll(() => isAlive(Number(pid))).toBe(false);
  expect(await run.ended).toBe("SIGKILL");
  expect(readdirSync(stage.folder).filter((name) => name.includes("rekey"))).toEqual([]);
});

test.each<[string, readonly string[], string]>([
  ["a secret that is not there", ["--secret", "app/none", "--env", "A=a"], "secret-not-found"],
  ["a member that is not there", [...db, "--env", "A=none"], "member-unusable"],
  [
    "a template with an unknown secret",
    [...db, "--secret", "b=app/db", "--file", "f={{ c.password }}"],
    "template-invalid",
  ],
  ["a template with an unknown member", [...db, "--file", "f={{ none }}"], "member-unusable"],
  ["a template with an unknown form", [...db, "--file", "f={{ password | jsn }}"], "template-invalid"],
  ["no secret", ["--env", "A=a"], "option=secret"],
  ["nothing to deliver", db, "option=env"],
  ["a variable of rekey's own", [...db, "--env", "REKEY_FILES=password"], "option=env"],
  ["a signal for variables alone", [...password, "--on-rotation", "signal:HUP"], "option=onRotation"],
  ["a signal that there is not", [...password, "--stop-signal", "NOPE"], "option=stopSignal"],
  ["a time without a unit", [...password, "--grace", "10"], "option=grace"],
  [
    "a topic that is not there",
    [...password, "--topic-arn", "arn:aws:sns:us-east-1:123456789012:none"],
    "invalidation-unavailable",
  ],
  ["a folder that is not there", [...db, "--file", "/nowhere/f={{ password }}"], "ENOENT"],
])("the program does not start with %s", async (_what, words, problem) => {
  const run = stage.run([...words, ...shell("echo started")]);
  expect(await run.ended).toBe(1);
  expect(run.err()).toContain(problem);
  expect(run.out()).toBe("");
});

const script = outsideProgram("REKEY_SCRIPT", "Debian: bsdutils", "script");

test.skipIf(script === undefined)(
  "in a terminal, Ctrl-C reaches the program once, and the terminal is its own",
  async () => {
    const inner = `'tty; trap "echo int" INT; trap "echo term; exit 4" TERM; echo "up $PPID="; while :; do sleep 0.1; done'`;
    const run = stage.run([...password, "--", "sh", "-c", inner], { terminal: script ?? "" });
    await run.printed("up ");
    expect(run.out()).toContain("/dev/pts/");
    run.child.stdin?.write("\u0003");
    await run.printed("int");
    process.kill(Number(/up (\d+)=/u.exec(run.out())?.[1]), "SIGTERM");
    expect(await run.ended).toBe(4);
    expect(run.out().split("int").length).toBe(2);
  },
);

const unshare = outsideProgram("REKEY_UNSHARE", "Debian: util-linux", "unshare");

function firstChildOf(pid: number | undefined): number {
  const [, child] = /^(\d+)/u.exec(readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8")) ?? [];
  if (child === undefined) throw new Error(`${pid} has no child`);
  return Number(child);
}

function mayUnshare(): boolean {
  try {
    if (unshare === undefined) return false;
    execFileSync(unshare, ["--pid", "--fork", "--mount-proc", "true"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

describe.skipIf(!mayUnshare())("as process 1 of a namespace (needs unshare --pid)", () => {
  const asFirst = { before: [unshare ?? "", "--pid", "--fork", "--mount-proc", "--kill-child"] };

  test("orphans leave no zombie, the exit code is the program's", async () => {
    const script =
      '(sh -c "sleep 0.2" & ) ; (setsid sh -c "sleep 0.2; exit 3" & ); sleep 1; echo "stats:"; ps -eo stat,ppid,args; exit 5';
    const run = stage.run([...password, ...shell(script)], asFirst);
    expect(await run.ended).toBe(5);
    const [, stats = ""] = run.out().split("stats:");
    expect(stats).toContain("rekey-init");
    expect(stats.split("\n").filter((line) => line.startsWith("Z"))).toEqual([]);
  });

  test("signals reach the program through process 1, and standard input does", async () => {
    const run = stage.run(
      [...password, ...shell('read line; echo "got $line"; trap "exit 9" TERM; while :; do sleep 0.1; done')],
      {
        before: [unshare ?? "", "--pid", "--fork", "--mount-proc"],
      },
    );
    run.child.stdin?.write("words\n");
    await run.printed("got words");
    const first = firstChildOf(run.child.pid);
    process.kill(first, "SIGTERM");
    expect(await run.ended).toBe(9);
  });

  test("when rekey is killed there, its files are removed before everything ends", async () => {
    const own = join(stage.folder, "first.env");
    const run = stage.run(
      [...db, "--grace", "1s", "--file", `${own}=PW={{ password }}`, ...foreverPrinting("up $PPID=")],
      asFirst,
    );
    await run.printed("up");
    expect(existsSync(own)).toBe(true);
    const first = firstChildOf(run.child.pid);
    process.kill(firstChildOf(first), "SIGKILL");
    expect(await run.ended).toBe(137);
    expect(existsSync(own)).toBe(false);
  });
});
