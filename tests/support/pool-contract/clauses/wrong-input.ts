import { expect } from "vitest";
import { startService, failureOf, newMark, type PoolSuite, printed } from "../suite.ts";

const canary = "canary-5f1e0c";
const useless = [
  { what: "no JSON", value: `password=${canary}`, codes: ["secret-malformed"] },
  { what: "no password", value: JSON.stringify({ username: canary }), codes: ["secret-malformed"] },
  {
    what: "a password of another type",
    value: JSON.stringify({ username: "u", password: [canary] }),
    codes: ["secret-malformed"],
  },
] as const;

/** What nobody can log in with. */
export function wrongInput({ test, service, stage, fixture, variants: [variant] }: PoolSuite): void {
  for (const { what, value, codes } of useless) {
    test("useless-secret", `a secret that is of no use (${what}) is a typed error without its text`, async () => {
      await using orders = await service(variant);
      await stage().put(orders.secretId, value, "AWSCURRENT");
      await orders.client.refresh(orders.secretId);
      const visible: unknown[] = [];
      const error = await failureOf(async () => {
        const subject = await orders.open();
        visible.push(subject.visible);
        await subject.operate(newMark());
      });
      expect(codes).toContain(Reflect.get(Object(error), "code"));
      expect(printed(error, ...visible, ...orders.reported)).not.toContain(canary);
    });
  }

  for (const setting of fixture.credentialSettings) {
    test("settings", `the driver's setting ${setting} is refused, since the secret has it`, async () => {
      await using orders = await service(variant);
      const error = await failureOf(async () => {
        await fixture.openWith(orders.options, { [setting]: canary });
      });
      expect(error).toMatchObject({ code: "option-invalid" });
      expect(String(Reflect.get(Object(Reflect.get(Object(error), "context")), "option"))).toContain(setting);
      expect(printed(error)).not.toContain(canary);
    });
  }

  const withoutTls = async (): Promise<unknown> => {
    await using orders = await startService(fixture, stage(), variant, { ssl: true, sslrootcert: undefined });
    const before = { connections: stage().proxy.connections, refused: await stage().server.failedLogins() };
    const error = await failureOf(async () => {
      await (await orders.open()).operate(newMark());
    });
    expect(stage().proxy.connections - before.connections).toBe(1);
    expect(await stage().server.failedLogins()).toBe(before.refused);
    expect(orders.reads).toEqual([]);
    return Reflect.get(Object(error), "code");
  };
  test(
    "tls",
    "a server that does not speak TLS as the secret wants it is asked once, without a credential",
    async () => {
      expect(await withoutTls()).not.toBe("credential-refused");
    },
  );
  test("tls-typed", "which is the error tls-refused", async () => {
    expect(await withoutTls()).toBe("tls-refused");
  });
}
