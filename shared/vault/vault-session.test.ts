import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { SecretValue } from "../secrets/secret-value.ts";
import type { VaultRequest } from "./vault-client.ts";
import { vaultSession } from "./vault-session.ts";

beforeEach(() => void vi.useFakeTimers({ toFake: ["Date"] }));
afterEach(() => void vi.useRealTimers());

/** A Vault whose tokens live for an hour and are renewed by as many seconds as it is told. */
function openSession(renewedBy: () => number) {
  const sent: string[] = [];
  let logins = 0;
  const client = async ({ path, token }: VaultRequest) => {
    sent.push([path, token?.reveal()].filter(Boolean).join(" "));
    const isLogin = path === "auth/approle/login";
    const client_token = isLogin ? `token-${++logins}` : `token-${logins}`;
    const seconds = isLogin ? 3_600 : renewedBy();
    return { status: 200, body: { auth: { client_token, lease_duration: seconds, renewable: true } } };
  };
  const login = { method: "approle", roleId: "r", secretId: new SecretValue("s") } as const;
  const session = vaultSession(client, login);
  const read = async () => session({ verb: "read", path: "x" }, { signal: new AbortController().signal });
  return { sent, read };
}

const renewal = "auth/token/renew-self token-1";

test("a token is renewed once two thirds of its life are over", async () => {
  const { sent, read } = openSession(() => 3_600);
  await read();
  vi.advanceTimersByTime(2_300_000);
  await read();
  vi.advanceTimersByTime(200_000);
  await read();
  expect(sent).toEqual(["auth/approle/login", "x token-1", "x token-1", renewal, "x token-1"]);
});

test("a token that its max TTL is about to end is replaced while it still lives", async () => {
  const { sent, read } = openSession(() => 1_700);
  await read();
  vi.advanceTimersByTime(2_500_000);
  await read();
  expect(sent).toEqual(["auth/approle/login", "x token-1", renewal, "auth/approle/login", "x token-2"]);
});
