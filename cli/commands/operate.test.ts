import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { chatCredential, startChatServer } from "../../tests/support/chat-servers.ts";
import { type CliStage, startCliStage } from "../../tests/support/cli-stage.ts";

/** The stage starts once for all commands that work on rotated secrets of a real server. */
let stage: CliStage;
beforeAll(async () => {
  stage = await startCliStage();
  await stage.secret("db/billing", { alternating: true });
  await stage.secret("db/orders");
  await stage.secret("db/stock", { rotated: false });
});
afterAll(async () => stage.stop());

test("status shows the managed secrets in a table, without a colour where there is no terminal", async () => {
  const { code, out, err } = await stage.rekey("status");
  expect([code, err]).toEqual([0, ""]);
  const ageless = out.replaceAll(/\d+ (?:s|min) +/g, "0 s  ").replace(/AGE +/, "AGE  ");
  expect(ageless).toMatchInlineSnapshot(`
    "NAME        HEALTH   AGE  NEXT ROTATION  STRATEGY  MIRROR  ADOPTED
    db/billing  healthy  0 s  in 30 d        default   on      -
    db/orders   healthy  0 s  in 30 d        default   on      -

    2 secrets: 2 healthy
    "
  `);
});

test("status --json is one object a line, and --search and --limit choose", async () => {
  const { out } = await stage.rekey("status", "--search", "ord", "--json");
  const lines = out.trim().split("\n");
  expect(lines).toHaveLength(1);
  expect(JSON.parse(lines[0] ?? "")).toMatchObject({ name: "db/orders", health: "healthy", mirrored: true });
  expect((await stage.rekey("status", "--limit", "1")).out).toContain("1 secret: 1 healthy");
  expect((await stage.rekey("status", "--tag", "team=nobody")).out).toBe("no secrets\n");
});

test("rotate says what it will do and does nothing where nobody can be asked", async () => {
  const { code, out, err } = await stage.rekey("rotate", "db/orders");
  expect([code, out]).toEqual([1, ""]);
  expect(err).toMatchInlineSnapshot(`
    "Rotate 1 secret now, at most 10 begun a second:
      db/orders
    campaign: <campaign>
    option-invalid: an option, tag or environment variable has a value that rekey does not take (option=yes problem=there is no terminal to ask on)
    say --yes when this is what you want; nothing was done
    more: docs/runbook.md#option-invalid
    "
  `);
  expect((await stage.rekey("rotate", "--yes")).err).toContain("name secrets, or say --tag or --all");
  expect((await stage.rekey("rotate", "db/orders", "--all", "--yes")).code).toBe(1);
});

test("rotate of several, one of them unknown: none is rotated", async () => {
  const rotations = async () => JSON.parse((await stage.rekey("history", "db/orders", "--json")).out).rotations.length;
  const before = await rotations();
  const { code, out, err } = await stage.rekey("rotate", "db/orders", "db/unknown", "--yes");
  expect([code, out]).toEqual([1, ""]);
  expect(err).toMatch(/^secret-not-found: .*secret=db\/unknown/u);
  expect(await rotations()).toBe(before);
});

test("rotate waits, and tells each step", async () => {
  const { code, out } = await stage.rekey("rotate", "db/orders", "--yes", "--reason", "INC-42");
  expect(code).toBe(0);
  const lines = out.trim().split("\n");
  // Which comes first, a step or the label that it moved, depends on when it was looked at.
  expect(lines.filter((line) => line.startsWith("  "))).toEqual([
    "  <time>  createSecret  done, <ms>",
    "  <time>  setSecret  done, <ms>",
    "  <time>  testSecret  done, <ms>",
    "  <time>  finishSecret  done, <ms>",
  ]);
  expect(lines.filter((line) => !line.startsWith("  "))).toEqual([
    "requested  db/orders  <version>",
    "promoted   db/orders  <version>",
    "rotated    db/orders  <version>",
    "1 rotated",
  ]);
});

test("rotate --json is one event a line", async () => {
  const { out } = await stage.rekey("rotate", "db/billing", "--yes", "--json", "--campaign", "first");
  const events = out
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { type: string });
  expect(events[0]).toEqual({ type: "campaign-started", campaign: "first", waves: [1] });
  expect(events.at(-1)).toMatchObject({ type: "campaign-finished", rotated: 1, failed: 0, left: 0 });
  const again = await stage.rekey("rotate", "db/billing", "--yes", "--campaign", "first");
  expect(again.out).toMatchInlineSnapshot(`
    "already    db/billing  <version>
    0 rotated, 1 before
    "
  `);
});

test("rotate of what is not rotated: exit code 1, the code, and how to go on", async () => {
  const { code, out } = await stage.rekey("rotate", "db/stock", "--yes", "--campaign", "c1");
  expect(code).toBe(1);
  expect(out).toMatchInlineSnapshot(`
    "failed     db/stock  <version>
               rotation-disabled: bring it under management first: rekey adopt <secret>
    0 rotated, 1 failed
    go on with: --campaign c1
    "
  `);
});

test("the end of a campaign of several secrets is told to the chat that wants it, and a chat that is away is a line", async () => {
  const slack = await startChatServer("slack");
  onTestFinished(slack.stop);
  const SecretString = chatCredential("slack", slack.origin);
  const { ARN: secret } = await stage.secrets.createSecret({ Name: "chat/slack", SecretString });
  const targetsAt = (origin: string, about: string) =>
    JSON.stringify([{ kind: "slack", secret, origin, about: [about] }]);
  const rotate = async (campaign: string, REKEY_CHAT_TARGETS: string, ...names: string[]) =>
    stage.rekeyWith({ REKEY_CHAT_TARGETS }, "rotate", ...names, "--yes", "--campaign", campaign, "--at-once", "1");
  await rotate("told-1", targetsAt(slack.origin, "campaigns"), "db/stock", "db/billing");
  expect(JSON.stringify(slack.taken)).toContain("`told-1`: campaign ended: 0 rotated, 0 before, 1 failed, 1 not begun");
  await rotate("told-2", targetsAt(slack.origin, "failures"), "db/stock", "db/billing");
  await rotate("told-3", targetsAt(slack.origin, "campaigns"), "db/stock");
  expect(slack.taken).toHaveLength(1);
  const { code, out } = await rotate("told-4", targetsAt("http://127.0.0.1:1", "campaigns"), "db/stock", "db/billing");
  expect([code, out]).toEqual([1, expect.stringContaining("slack was not told of it: secret-malformed")]);
  const wrong = await rotate("told-5", '[{"kind":"canary"}]', "db/stock");
  expect([wrong.code, wrong.err]).toEqual([1, expect.stringContaining("REKEY_CHAT_TARGETS")]);
});

test("adopt says what it will do, does it, and refuses what would fail", async () => {
  const dry = await stage.rekey("adopt", "db/stock", "--tag", "rekey:grace=24h", "--dry-run");
  expect(dry.code).toBe(0);
  expect(dry.out).toMatchInlineSnapshot(`
    "warning  tls-not-verified: the connection to the database is not fully verified
             mode=disable
             remove ssl from the secret or rekey:tls from its tags (verify-full), and give the CA as sslrootcert
    warning  iam-cannot-be-seen: the role's permissions could not be simulated
             role=arn:aws:iam::123456789012:role/rekey-RotatePostgresRole
             run the doctor with iam:SimulatePrincipalPolicy on the role

    Adopt arn:aws:secretsmanager:us-east-1:123456789012:secret:db/stock-<suffix>:
      TagResource db/stock: rekey:grace=24h
      RotateSecret db/stock: function arn:aws:lambda:us-east-1:123456789012:function:rekey-rotate-postgres, every 30 days; tested now with a copy of AWSCURRENT, not rotated
    planned: nothing was changed
    "
  `);
  const { code, out } = await stage.rekey("adopt", "db/stock", "--schedule", "rate(10 days)", "--yes", "--json");
  expect([code, JSON.parse(out).outcome]).toEqual([0, "adopted"]);
  await stage.stack.secretsManager.idle();
  expect((await stage.secrets.describeSecret({ SecretId: "db/stock" })).RotationRules).toMatchObject({
    ScheduleExpression: "rate(10 days)",
  });
  const wrong = await stage.rekey("adopt", "db/stock", "--tag", "rekey:strategy=both", "--yes");
  expect(wrong.code).toBe(1);
  expect(wrong.out).toContain("option-invalid");
  expect(wrong.out).toContain("refused: nothing was changed");
  await stage.secret("db/pair", { alternating: true, rotated: false });
  const pair = await stage.rekeyWith({ REKEY_ADMIN_SECRETS: "" }, "adopt", "db/pair", "--dry-run");
  expect([pair.code, pair.out]).toEqual([0, expect.not.stringContaining("admin-secret-refused")]);
  const never = await stage.rekey("adopt", "db/stock", "--every", "0", "--yes");
  expect([never.code, never.err]).toEqual([1, expect.stringContaining("from 1 to 1000")]);
});

test("rollback logs in first, and says why it does not where it cannot", async () => {
  const { code, out, err } = await stage.rekey("rollback", "db/orders", "--yes");
  expect([code, out]).toEqual([1, ""]);
  expect(err).toMatchInlineSnapshot(`
    "rollback-refused: AWSPREVIOUS cannot be made current again (secret=arn:aws:secretsmanager:us-east-1:123456789012:secret:db/orders-<suffix> problem=AWSPREVIOUS does not log in)
    a single user's password was replaced on the server by the rotation, so the one before it is gone: rotate anew instead
    more: docs/runbook.md#rollback-refused
    "
  `);
  const dry = await stage.rekey("rollback", "db/billing", "--dry-run");
  expect([dry.code, dry.out]).toEqual([0, expect.stringContaining("nothing was changed")]);
  const done = await stage.rekey("rollback", "db/billing", "--yes", "--reason", "INC-43");
  expect(done).toMatchInlineSnapshot(`
    {
      "code": 0,
      "err": "Roll back arn:aws:secretsmanager:us-east-1:123456789012:secret:db/billing-<suffix> (alternating-users):
      db_billing of <time> (version <version>), which logs in, becomes current
      version <version> becomes AWSPREVIOUS; nothing is changed on the server
    ",
      "out": "rolled back: AWSCURRENT is version <version>
    ",
    }
  `);
  const json = await stage.rekey("rollback", "db/billing", "--yes", "--json");
  expect([json.code, json.err]).toEqual([1, expect.stringContaining("AWSCURRENT is a rollback already")]);
});

test("mirror brings Vault up to date, and status --details and history show its revision", async () => {
  const without = await stage.rekey("mirror", "--all");
  expect([without.code, without.err]).toEqual([1, expect.stringContaining("VAULT_ADDR")]);
  const headers = { "x-vault-token": stage.stack.vault.rootToken };
  await fetch(`${stage.stack.vault.address}/v1/secret/metadata/db/orders`, { method: "DELETE", headers });
  const one = await stage.rekeyWith(stage.vault, "mirror", "db/orders");
  expect(one).toMatchInlineSnapshot(`
    {
      "code": 0,
      "err": "",
      "out": "written  db/orders  revision 1, version <version>
    ",
    }
  `);
  const all = await stage.rekeyWith(stage.vault, "mirror", "--all", "--json");
  const outcomes = all.out
    .trim()
    .split("\n")
    .map((line) => (JSON.parse(line) as { outcome: string }).outcome);
  expect([all.code, outcomes]).toEqual([0, expect.arrayContaining(["unchanged"])]);
  expect((await stage.rekeyWith(stage.vault, "status", "--search", "orders", "--details")).out).toContain("current r1");
  expect((await stage.rekeyWith(stage.vault, "history", "db/orders")).out).toContain("<vault>  current r1");
  const file = join(mkdtempSync(join(tmpdir(), "rekey-cluster-")), "eu.env");
  onTestFinished(() => rmSync(dirname(file), { recursive: true }));
  writeFileSync(
    file,
    Object.entries(stage.vault)
      .map(([name, value]) => `${name}=${value}`)
      .join("\n"),
  );
  const two = ["--cluster", `eu-1=${file}`, "--cluster", `eu-2=${file}`];
  expect((await stage.rekey("history", "db/orders", ...two)).err).toContain("two clusters are at the same place");
  const clusters = {
    VAULT_CLUSTERS: "eu-1,eu-2",
    VAULT_CLUSTER_ROUTES: "prefix:db/billing=eu-1,prefix:db/orders=eu-2",
  };
  const seen = await stage.rekeyWith(clusters, "status", "--details", "--cluster", `eu-1=${file}`, "--json");
  const secrets = seen.out
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { name: string; mirrors: object[] });
  expect(secrets.find(({ name }) => name === "db/billing")?.mirrors).toMatchObject([
    { cluster: "eu-1", state: "current" },
  ]);
  expect(secrets.find(({ name }) => name === "db/orders")?.mirrors).toMatchObject([{ cluster: "eu-1", state: "left" }]);
  const nobody = await stage.rekeyWith(stage.vault, "mirror", "nobody");
  expect([nobody.code, nobody.err]).toEqual([1, expect.stringContaining("secret-not-found")]);
  const elsewhere = { ...stage.vault, VAULT_ADDR: "http://127.0.0.1:1" };
  const down = await stage.rekeyWith(elsewhere, "mirror", "db/orders");
  expect([down.code, down.out]).toEqual([1, expect.stringContaining("mirror-unavailable")]);
});

test("rotate by tag goes in waves; after Ctrl-C it goes on under the campaign's name, and no secret is rotated twice", async () => {
  const names = ["shop/a", "shop/b", "shop/c", "shop/d"];
  for (const name of names) await stage.secret(name, { team: "shop" });
  const words = ["rotate", "--tag", "team=shop", "--yes", "--campaign", "shop-1", "--wave", "2", "--rate", "5"];
  const { child, printed, code } = stage.spawnRekey(...words);
  await expect.poll(() => printed.out, { timeout: 60_000 }).toContain("rotated");
  child.kill("SIGINT");
  expect(await code).toBe(130);
  expect(printed.err).toContain("Rotate 4 secrets now, in waves of 1, 2, 1, at most 5 begun a second:");
  expect(printed.out).toContain("go on with: --campaign shop-1");
  const again = await stage.rekey(...words);
  expect(again).toMatchObject({ code: 0, out: expect.stringMatching(/rotated, \d before\n$/) });
  for (const SecretId of names) {
    expect((await stage.secrets.listSecretVersionIds({ SecretId, IncludeDeprecated: true })).Versions).toHaveLength(2);
  }
});

test("a failed rotation says why by the code that the function logged, and those after it are not begun", async () => {
  await stage.postgres.admin("ALTER ROLE shop_a NOLOGIN");
  const { code, out } = await stage.rekey("rotate", "--tag", "team=shop", "--yes", "--campaign", "shop-2");
  expect(code).toBe(1);
  expect(out).toMatchInlineSnapshot(`
    "wave 1: 1
    failed     shop/a  <version>
               rotation-failed: credential-refused: ALTER ROLE … LOGIN
    0 rotated, 1 failed, 3 not begun
    go on with: --campaign shop-2
    "
  `);
  await stage.postgres.admin("ALTER ROLE shop_a LOGIN");
});

test("status --check fails for a secret that is stuck; --watch shows it anew until Ctrl-C, which is no failure", async () => {
  await stage.secrets.cancelRotateSecret({ SecretId: "shop/a" });
  expect((await stage.rekey("status", "--check", "--search", "orders")).code).toBe(0);
  expect((await stage.rekey("status", "--check", "--search", "shop")).code).toBe(1);
  const { child, printed, code } = stage.spawnRekey("status", "--watch", "0.2", "--search", "shop");
  await expect.poll(() => printed.out.split("NAME").length, { timeout: 60_000 }).toBeGreaterThan(2);
  child.kill("SIGINT");
  expect([await code, printed.err]).toEqual([0, ""]);
  expect(printed.out).toContain("shop/a  stuck");
});

test("redrive gives back what lies in the stack's dead-letter queues, and says how much", async () => {
  const dead = "arn:aws:sqs:us-east-1:123456789012:rekey-DeadLetterQueue";
  expect(await stage.rekey("redrive", dead, "--json")).toMatchObject({ code: 0, out: '{"returned":0}\n' });
  const undelivered = "arn:aws:sqs:us-east-1:123456789012:rekey-UndeliveredEventsQueue";
  expect(await stage.rekey("redrive", undelivered)).toMatchObject({ code: 0, out: `${undelivered}: 0 given back\n` });
  const { code, err } = await stage.rekey("redrive", "arn:aws:sqs:us-east-1:123456789012:nowhere");
  expect([code, err]).toEqual([1, expect.stringContaining("queue-unavailable")]);
});
