import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type AttackStage, type Step, startAttackStage } from "../../support/attack-stage.ts";

/** Whoever may call PutSecretValue, and not GetSecretValue, knows everything but the passwords. */
let stage: AttackStage;
beforeAll(async () => {
  stage = await startAttackStage(({ adminArn, target }) => ({
    REKEY_ADMIN_TARGETS: `${adminArn}=${target}`,
    REKEY_USER_GRANTS: ["hosts", "admin", "twice"].map((name) => `tenant-${name}=${name}@${target}`).join(","),
  }));
});
afterAll(() => stage.stop());

test("a wrong password and a further host do not bring the next password of the real server to that host", async () => {
  const { attacker, bothAuthorities, real } = stage;
  const password = await stage.createUser("hosts");
  const value = { ...real, username: "hosts", password, ssl: true };
  const secret = await stage.createSecret("tenant-hosts", value);
  await stage.put(secret, {
    ...value,
    password: "invented",
    hosts: [`${attacker.host}:${attacker.port}`],
    sslrootcert: bothAuthorities,
  });
  expect(await stage.rotate(secret)).toMatch(/^RekeyError: credential-orphaned/u);
  expect(attacker.collected.filter((collected) => collected !== "invented")).toEqual([]);
  expect(await stage.logsIn("hosts", password)).toBe(true);
});

test("nor by the admin who replaces a lost password", async () => {
  const { attacker, real, adminArn, bothAuthorities } = stage;
  await stage.createUser("admin");
  const secret = await stage.createSecret(
    "tenant-admin",
    {
      ...real,
      username: "admin",
      password: "invented",
      masterarn: adminArn,
      hosts: [`${attacker.host}:${attacker.port}`],
      ssl: true,
      sslrootcert: bothAuthorities,
    },
    { "rekey:strategy": "single-user" },
  );
  expect(await stage.rotate(secret)).toMatch(/^RekeyError: (?:admin-secret-refused|credential-orphaned)/u);
  expect(attacker.collected.filter((collected) => collected !== "invented")).toEqual([]);
});

describe("an invented password is not installed on the real server", () => {
  async function attackBefore(name: string, ...attacks: readonly Step[]): Promise<string> {
    const password = await stage.createUser(name);
    const value = { ...stage.real, username: name, password };
    const secret = await stage.createSecret(`tenant-${name}`, value);
    const outcome = await stage.rotate(secret, async (step) => {
      for (const [index, at] of attacks.entries()) {
        if (at === step) await stage.put(secret, { ...value, password: `invented-${index}` });
      }
    });
    for (const index of attacks.keys()) expect(await stage.logsIn(name, `invented-${index}`)).toBe(false);
    const labels = await Promise.all(
      ["AWSCURRENT", "AWSPREVIOUS"].map(async (label) => {
        const held = await stage.value(secret, label);
        return stage.logsIn(name, String(held["password"]));
      }),
    );
    return `${outcome.split(" (")[0]}; a labelled version logs in: ${labels.includes(true)}`;
  }

  test("by putting it between setSecret and testSecret", async () => {
    expect(await attackBefore("once", "testSecret")).toMatch(/version-not-pending.*logs in: true$/u);
  });

  test("nor between testSecret and finishSecret", async () => {
    expect(await attackBefore("late", "finishSecret")).toMatch(/version-not-pending.*logs in: true$/u);
  });

  test("nor by putting two of them, so that AWSPREVIOUS is invented as well", async () => {
    const outcome = await attackBefore("twice", "testSecret", "testSecret");
    expect(outcome).toMatch(/version-not-pending/u);
  });

  test("nor one before the rotation, which recovers, and one in the middle of it", async () => {
    const password = await stage.createUser("recovered");
    const value = { ...stage.real, username: "recovered", password };
    const secret = await stage.createSecret("tenant-recovered", value);
    await stage.put(secret, { ...value, password: "invented-before" });
    const outcome = await stage.rotate(secret, async (step) => {
      if (step === "testSecret") await stage.put(secret, { ...value, password: "invented-within" });
    });
    expect(outcome).toMatch(/version-not-pending/u);
    expect(await stage.logsIn("recovered", "invented-before")).toBe(false);
    expect(await stage.logsIn("recovered", "invented-within")).toBe(false);
    expect(await stage.rotate(secret)).toBe("done");
    expect(await stage.logsIn("recovered", String((await stage.value(secret))["password"]))).toBe(true);
  });
});
