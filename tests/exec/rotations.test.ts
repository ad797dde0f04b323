import { randomUUID } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ListQueuesCommand, SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { type ExecRun, type ExecStage, startExecStage } from "../support/exec-stage.ts";
import { redisServer, startRedis } from "../support/redis.ts";

let stage: ExecStage;
let sqs: SQSClient;
let made = 0;

beforeAll(async () => {
  stage = await startExecStage();
  sqs = new SQSClient(stage.stack.clientConfig);
});
afterAll(async () => {
  sqs.destroy();
  await stage.stop("canary");
});

const queues = async (): Promise<readonly string[]> =>
  (await sqs.send(new ListQueuesCommand({ QueueNamePrefix: "rekey-subscriber-" }))).QueueUrls ?? [];

/** A secret of this test alone. */
async function secret(members: Readonly<Record<string, unknown>>): Promise<string> {
  const name = `exec/${++made}`;
  await stage.secret(name, members);
  return name;
}

/** Pushed by the topic; the secrets are not read again by time. */
function run(name: string, words: readonly string[], script: string): ExecRun {
  const push = ["--topic-arn", stage.topicArn, "--ttl", "1h"];
  const started = stage.run(["--secret", name, ...push, ...words, "--", "sh", "-c", script]);
  return started;
}

async function end(started: ExecRun): Promise<number | NodeJS.Signals> {
  started.child.kill("SIGTERM");
  return started.ended;
}

const forever = "while :; do sleep 0.1; done";
const count = (text: string, part: string): number => text.split(part).length - 1;

test("a rotation restarts the program with the new values, after its stop signal, and the queue goes at the end", async () => {
  const name = await secret({ password: "canary-before" });
  const started = run(
    name,
    ["--env", "PW=password", "--stop-signal", "INT"],
    `trap "echo stopped; exit 0" INT; echo "pw=$PW"; ${forever}`,
  );
  await started.printed("pw=canary-before");
  await stage.put(name, { password: "canary-after" });
  await started.printed("pw=canary-after");
  expect(started.out()).toContain("stopped");
  expect(await end(started)).toBe(143);
  expect(await queues()).toEqual([]);
});

test("without a channel, a rotation is found when the time to live is over", async () => {
  const name = await secret({ password: "canary-before" });
  const words = ["--secret", name, "--env", "PW=password", "--ttl", "1s"];
  const started = stage.run([...words, "--", "sh", "-c", `echo "pw=$PW"; ${forever}`]);
  await started.printed("pw=canary-before");
  await stage.put(name, { password: "canary-after" });
  await started.printed("pw=canary-after");
  expect(await end(started)).toBe(143);
});

test("a program that ignores the stop signal is killed with its group after the grace time", async () => {
  const name = await secret({ password: "canary-1" });
  const started = run(
    name,
    ["--env", "PW=password", "--grace", "500ms"],
    `trap "" TERM; (trap "" TERM; exec sleep 400) & echo "pw=$PW child=$!="; ${forever}`,
  );
  await started.printed("pw=canary-1");
  const [, left = ""] = /child=(\d+)=/u.exec(started.out()) ?? [];
  await stage.put(name, { password: "canary-2" });
  await started.printed("pw=canary-2");
  const state = (): string => {
    try {
      return readFileSync(`/proc/${left}/stat`, "utf8").includes(") Z ") ? "gone" : "alive";
    } catch {
      return "gone";
    }
  };
  await expect.poll(state).toBe("gone");
  started.child.kill("SIGKILL");
  await started.ended;
});

test("a rotation replaces the file and signals the program, which runs on", async () => {
  const name = await secret({ password: "canary-old" });
  const template = join(stage.folder, "conf.template");
  writeFileSync(template, '{"password": {{ password }}}\n');
  const started = run(
    name,
    ["--file", `db.json=${template}`, "--on-rotation", "signal:HUP"],
    `trap 'echo "hup $(cat "$REKEY_FILES/db.json")"' HUP; echo "started $(cat "$REKEY_FILES/db.json")"; ${forever}`,
  );
  await started.printed('started {"password": "canary-old"}');
  await stage.put(name, { password: "canary-new" });
  await started.printed('hup {"password": "canary-new"}');
  expect(count(started.out(), "started")).toBe(1);
  await end(started);
});

test("a rotation runs a command with the new variables and the program's number; its output is not the program's", async () => {
  const name = await secret({ password: "canary-old" });
  const out = join(stage.folder, "command-saw");
  const command = `printf '%s' "$PW" > ${out}; kill -USR1 "$REKEY_PROGRAM_PID"; echo said-by-command; exit 4`;
  const started = run(
    name,
    ["--env", "PW=password", "--on-rotation", `command:${command}`],
    `trap "echo usr1" USR1; echo "pw=$PW"; ${forever}`,
  );
  await started.printed("pw=canary-old");
  await stage.put(name, { password: "canary-new" });
  await started.printed("usr1");
  await started.logged("the command ended with 4");
  expect(readFileSync(out, "utf8")).toBe("canary-new");
  expect(started.err()).toContain("said-by-command");
  expect(started.out()).not.toContain("said-by-command");
  await end(started);
});

test("rotations while the program stops are one restart, with the newest values", async () => {
  const name = await secret({ password: "canary-1" });
  const started = run(
    name,
    ["--env", "PW=password", "--grace", "30s"],
    `trap 'echo stopping; sleep 6; exit 0' TERM; echo "pw=$PW"; ${forever}`,
  );
  await started.printed("pw=canary-1");
  await stage.put(name, { password: "canary-2" });
  // The signal is the group's, so that the program's own sleep ends, too.
  await started.printed("stopping");
  await stage.put(name, { password: "canary-3" });
  await stage.put(name, { password: "canary-4" });
  await started.printed("pw=canary-4");
  expect(started.out()).not.toContain("pw=canary-2");
  expect(started.out()).not.toContain("pw=canary-3");
  started.child.kill("SIGTERM");
  await started.ended;
});

test("a signal that asks for the end while the program stops for a restart is the end", async () => {
  const name = await secret({ password: "canary-1" });
  const started = run(
    name,
    ["--env", "PW=password", "--grace", "30s"],
    `trap 'echo stopping; sleep 2; exit 0' TERM; echo "pw=$PW"; ${forever}`,
  );
  await started.printed("pw=canary-1");
  await stage.put(name, { password: "canary-2" });
  await started.printed("stopping");
  started.child.kill("SIGTERM");
  expect(await started.ended).toBe(143);
  expect(started.out()).not.toContain("canary-2");
});

test("a version that lacks the member is said and not delivered; the next one is", async () => {
  const name = await secret({ password: "canary-1" });
  const started = run(name, ["--env", "PW=password"], `echo "pw=$PW"; ${forever}`);
  await started.printed("pw=canary-1");
  await stage.put(name, { other: "canary-x" });
  await started.logged("member-unusable");
  await stage.put(name, { password: "canary-3\0" });
  await started.logged("NUL");
  expect(count(started.out(), "pw=")).toBe(1);
  await stage.put(name, { password: "canary-4" });
  await started.printed("pw=canary-4");
  expect(count(started.out(), "pw=")).toBe(2);
  await end(started);
});

test("while the secret cannot be read, the program runs on; a version that is pending is never delivered", async () => {
  const name = await secret({ password: "canary-1" });
  const started = run(name, ["--env", "PW=password"], `echo "pw=$PW"; ${forever}`);
  await started.printed("pw=canary-1");
  const pending = JSON.stringify({ password: "canary-pending" });
  await stage.secrets.putSecretValue({ SecretId: name, SecretString: pending, VersionStages: ["AWSPENDING"] });
  await stage.secrets.deleteSecret({ SecretId: name });
  await forge(name);
  await started.logged("secret-deleted");
  expect(started.child.exitCode).toBe(null);
  await stage.secrets.restoreSecret({ SecretId: name });
  await stage.put(name, { password: "canary-2" });
  await started.printed("pw=canary-2");
  expect(started.out()).not.toContain("canary-pending");
  await end(started);
});

/** `Secret Rotated` of a version that does not exist, as whoever may send to the queue can send it. */
async function forge(name: string): Promise<void> {
  const secretArn = (await stage.secrets.describeSecret({ SecretId: name })).ARN ?? "";
  const detail = { secretArn, versionId: randomUUID(), at: new Date().toISOString(), password: "canary-forged" };
  const event = JSON.stringify({ "detail-type": "Secret Rotated", detail, command: "touch canary-made" });
  // Also a queue of an instance that was killed is there.
  for (const QueueUrl of await queues()) await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: event }));
}

test("whoever may send events causes reads, and neither a restart nor anything else", async () => {
  const name = await secret({ password: "canary-1" });
  const started = run(name, ["--env", "PW=password"], `echo "pw=$PW"; ${forever}`);
  await started.printed("pw=canary-1");
  const reads = (): number => stage.stack.aws.requests.filter(({ operation }) => operation === "GetSecretValue").length;
  const before = reads();
  for (let sent = 0; sent < 5; sent++) await forge(name);
  await expect.poll(reads).toBeGreaterThan(before);
  await stage.put(name, { password: "canary-2" });
  await started.printed("pw=canary-2");
  expect(count(started.out(), "pw=")).toBe(2);
  await end(started);
});

describe.skipIf(redisServer === undefined)("with Redis", () => {
  test("a rotation that is published on Redis restarts the program, which does not get the channel's password", async () => {
    const redis = await startRedis(redisServer ?? "");
    onTestFinished(async () => redis.stop());
    const { username, password } = redis.superuser;
    const name = await secret({ password: "canary-1" });
    const before = await stage.secrets.describeSecret({ SecretId: name });
    const started = stage.run(["--secret", name, "--env", "PW=password", "--", "sh", "-c", `env; ${forever}`], {
      env: { REKEY_REDIS_URL: `redis://${username}:${password}@${redis.host}:${redis.port}` },
    });
    await started.printed("PW=canary-1");
    const put = await stage.secrets.putSecretValue({ SecretId: name, SecretString: '{"password":"canary-2"}' });
    const detail = {
      secretArn: before.ARN,
      versionId: put.VersionId,
      previousVersionId: Object.keys(before.VersionIdsToStages ?? {})[0],
    };
    await redis.admin("PUBLISH", "rekey", JSON.stringify({ "detail-type": "Secret Rotated", detail }));
    await started.printed("PW=canary-2");
    await end(started);
    expect(started.out() + started.err()).not.toContain(password);
  });
});
