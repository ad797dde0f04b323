import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Stage, startStage } from "../../../shared/testing/engine-contract/stage.ts";
import { mariadbFixture } from "../../support/mariadb-fixture.ts";
import { mariadbd } from "../../support/mysql-servers.ts";

const variant = { strategy: "dual-password", usesAdmin: true } as const;

/** Whoever may call PutSecretValue, and not GetSecretValue, knows everything but the passwords. */
describe.skipIf(mariadbd === undefined)("two passwords on a real MariaDB", () => {
  let stage: Stage;
  beforeAll(async () => {
    const fixture = mariadbFixture(mariadbd ?? "");
    stage = await startStage(fixture, await fixture.start());
  });
  afterAll(async () => {
    await stage.stop();
    await stage.server.stop();
  });

  const invent = async (id: string, real: string): Promise<string> => {
    const invented = `invented-${randomUUID()}`;
    const value = JSON.parse((await stage.read(id, "AWSCURRENT")) ?? "{}") as object;
    expect(JSON.stringify(value)).toContain(real);
    await stage.put(id, JSON.stringify({ ...value, password: invented }), "AWSCURRENT");
    return invented;
  };

  test("an invented AWSCURRENT is not installed next to the new password", async () => {
    const { id, account } = await stage.newSecret(variant);
    const invented = await invent(id, account.password);
    await stage.rotate(id);
    expect(await stage.server.accepts({ ...account, password: invented })).toBe(false);
    expect(await stage.logsIn(id, "AWSCURRENT")).toBe(true);
  });

  test("nor when it is put after setSecret, and the rotation is put back", async () => {
    const { id, account } = await stage.newSecret(variant);
    let invented = "";
    stage.beforeStep = async ({ step }) => {
      if (step === "testSecret" && invented === "") invented = await invent(id, account.password);
    };
    await stage.rotate(id);
    stage.beforeStep = async () => undefined;
    expect(await stage.server.accepts({ ...account, password: invented })).toBe(false);
    expect(await stage.server.accepts(account)).toBe(true);
  });

  test("nor by the end of the grace period", async () => {
    const { id, account } = await stage.newSecret({ ...variant, tags: { "rekey:grace": "1m" } });
    await stage.rotate(id);
    const { password } = JSON.parse((await stage.read(id, "AWSCURRENT")) ?? "{}") as { password: string };
    const invented = await invent(id, password);
    const [current = ""] =
      Object.entries(await stage.labels(id)).find(([, labels]) => labels.includes("AWSCURRENT")) ?? [];
    await stage.aws.advance(120_000);
    expect((await stage.step("retirePrevious", id, current)).code).toBe("credential-orphaned");
    expect(await stage.server.accepts({ ...account, password: invented })).toBe(false);
    expect(await stage.server.accepts({ ...account, password })).toBe(true);
  });
});
