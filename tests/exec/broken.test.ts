import { execFileSync } from "node:child_process";
import { existsSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ExecRun, type ExecStage, startExecStage } from "../support/exec-stage.ts";
import { outsideProgram } from "../support/outside-program.ts";

let stage: ExecStage;

beforeAll(async () => {
  stage = await startExecStage();
});
afterAll(async () => stage.stop("canary"));

const forever = "while :; do sleep 0.1; done";
const run = (name: string, words: readonly string[], script: string, before: readonly string[] = []): ExecRun =>
  stage.run(["--secret", name, "--topic-arn", stage.topicArn, "--ttl", "1h", ...words, "--", "sh", "-c", script], {
    before,
  });

const unshare = outsideProgram("REKEY_UNSHARE", "Debian: util-linux", "unshare");

function mayMount(): boolean {
  try {
    if (unshare === undefined) return false;
    execFileSync(unshare, ["-rm", "mount", "-t", "tmpfs", "none", "/mnt"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

describe.skipIf(!mayMount())("on a disk of its own (needs unshare -rm)", () => {
  test("a version that the disk has no room for leaves the file of the last one whole; the next one that fits is written", async () => {
    await stage.secret("broken/disk", { password: "canary-1" });
    const smallDisk = [unshare ?? "", "-rm", "sh", "-c", 'mount -t tmpfs -o size=16k none /mnt && exec "$@"', "sh"];
    const started = run(
      "broken/disk",
      ["--file", "/mnt/server.env=PASSWORD={{ password }}", "--on-rotation", "signal:HUP"],
      `trap 'echo "hup $(cat /mnt/server.env) $(ls -A /mnt | wc -l)"' HUP; echo started; trap 'echo "still $(cat /mnt/server.env) $(ls -A /mnt | wc -l)"' USR1; ${forever}`,
      smallDisk,
    );
    await started.printed("started");
    await stage.put("broken/disk", { password: "x".repeat(40_000) });
    await started.logged("the program keeps what it has");
    expect(started.err()).toContain("ENOSPC");
    started.child.kill("SIGUSR1");
    await started.printed("still PASSWORD=canary-1 1");
    await stage.put("broken/disk", { password: "canary-3" });
    await started.printed("hup PASSWORD=canary-3 1");
    started.child.kill("SIGTERM");
    expect(await started.ended).toBe(143);
  });
});

/** The guards that run, by the folder of files that each removes. */
const guards = (): ReadonlyMap<string, number> =>
  new Map(
    globSync("/proc/[0-9]*/cmdline").flatMap((file): [string, number][] => {
      try {
        const words = readFileSync(file, "utf8").split("\0");
        return words[3] === "rekey-guard" ? [[words[6] ?? "", Number(file.split("/")[2])]] : [];
      } catch {
        return []; // The process has ended.
      }
    }),
  );

test("a guard that is killed is said; the program runs on, and rekey removes the files itself at the end", async () => {
  await stage.secret("broken/guard", { password: "canary-1" });
  const own = join(stage.folder, "guarded.env");
  const started = run(
    "broken/guard",
    ["--file", `${own}=PASSWORD={{ password }}`, "--on-rotation", "signal:HUP"],
    `trap 'echo hup' HUP; echo "in $REKEY_FILES="; ${forever}`,
  );
  await started.printed("in ");
  const [, folder = ""] = /in (.*)=/u.exec(started.out()) ?? [];
  process.kill(guards().get(folder) ?? 0, "SIGKILL");
  await started.logged("its guard is gone");
  await stage.put("broken/guard", { password: "canary-2" });
  await started.printed("hup");
  expect(readFileSync(own, "utf8")).toBe("PASSWORD=canary-2");
  started.child.kill("SIGTERM");
  expect(await started.ended).toBe(143);
  expect([existsSync(own), existsSync(folder)]).toEqual([false, false]);
});

test("killed where its path names no program, rekey leaves no file", async () => {
  await stage.secret("broken/path", { password: "canary-1" });
  const own = join(stage.folder, "path.env");
  const words = ["--secret", "broken/path", "--file", `${own}=PASSWORD={{ password }}`];
  const started = stage.run([...words, "--", "/bin/sh", "-c", "echo up; read line"], { env: { PATH: "/nowhere" } });
  await started.printed("up");
  expect(existsSync(own)).toBe(true);
  started.child.kill("SIGKILL");
  await started.ended;
  await expect.poll(() => existsSync(own)).toBe(false);
});

test("an instance that waits within --spread ends when it is asked to, without a restart before", async () => {
  await stage.secret("broken/spread", { password: "canary-1" });
  const reads = (): number => stage.stack.aws.requests.filter(({ operation }) => operation === "GetSecretValue").length;
  const started = run("broken/spread", ["--env", "PW=password", "--spread", "12h"], `echo "pw=$PW"; ${forever}`);
  await started.printed("pw=canary-1");
  const before = reads();
  await stage.put("broken/spread", { password: "canary-2" });
  await expect.poll(reads).toBeGreaterThan(before);
  started.child.kill("SIGTERM");
  expect(await started.ended).toBe(143);
  expect(started.out()).not.toContain("canary-2");
});

test("each instance restarts within --spread", async () => {
  await stage.secret("broken/soon", { password: "canary-1" });
  const started = run("broken/soon", ["--env", "PW=password", "--spread", "1s"], `echo "pw=$PW"; ${forever}`);
  await started.printed("pw=canary-1");
  await stage.put("broken/soon", { password: "canary-2" });
  await started.printed("pw=canary-2");
  started.child.kill("SIGTERM");
  expect(await started.ended).toBe(143);
});

test("with VAULT_ADDR, values and their rotations come from the mirror", async () => {
  await stage.secret("broken/mirrored", { password: "canary-1" });
  const env = {
    VAULT_ADDR: stage.stack.vault.address,
    VAULT_AUTH: "token",
    VAULT_CREDENTIAL_SECRET: "rekey/vault",
  };
  const words = ["--secret", "broken/mirrored", "--env", "PW=password", "--ttl", "1s"];
  const once = async (): Promise<string> => {
    const printing = stage.run([...words, "--", "sh", "-c", 'echo "pw=$PW"'], { env });
    await printing.ended;
    return printing.out();
  };
  await expect.poll(once).toContain("pw=canary-1");
  const started = stage.run([...words, "--", "sh", "-c", `echo "pw=$PW"; ${forever}`], { env });
  await started.printed("pw=canary-1");
  await stage.put("broken/mirrored", { password: "canary-2" });
  await started.printed("pw=canary-2");
  started.child.kill("SIGTERM");
  expect(await started.ended).toBe(143);
});
