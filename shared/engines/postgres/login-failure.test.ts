import { expect, test } from "vitest";
import { loginFailure } from "./login-failure.ts";
import { translateError } from "./translate-error.ts";

interface Answer {
  readonly code: string;
  readonly message: string;
  readonly routine?: string;
}

function outcomeOf(answer: Answer, facts: { readonly isEncrypted?: boolean; readonly isAccepted?: boolean } = {}) {
  const all = { user: "app", isEncrypted: true, isAccepted: false, ...facts };
  const failure = loginFailure({ severity: "FATAL", ...answer }, all);
  return typeof failure === "object" ? [failure.code, failure.context["reason"]] : failure;
}

const pooled = (message: string, code = "08P01"): Answer => ({ code, message });

test.each([
  "SASL authentication failed",
  "password authentication failed",
  "no such user",
  '"trust" authentication failed',
  "certificate authentication failed",
  "This RDS proxy has no credentials for the role app. Check the credentials for this role and try again.",
  "The password that was provided for the role app is wrong.",
  "whatever another pooler says",
])("a pooler's %j refuses the credential", (message) => {
  expect(outcomeOf(pooled(message))).toBe("bad-credential");
});

test.each([
  ["no such database: shop", "database-unknown", "unknown database"],
  ['database "shop" does not exist', "database-unknown", "unknown database"],
  ['No pool configured for database: "shop", user: "app"', "database-unknown", "unknown database"],
  ['database "shop" is disabled', "database-failed", "closed database"],
  ['database "shop" is not currently accepting connections', "database-failed", "closed database"],
  ["no more connections allowed (max_client_conn)", "database-busy", "pooler full"],
  ["client connections exceeded (max_user_client_connections)", "database-busy", "pooler full"],
  ["query_wait_timeout", "database-busy", "pooler full"],
  ['too many connections for role "app"', "database-busy", "role full"],
  ['too many connections for database "shop"', "database-busy", "database full"],
  ["sorry, too many clients already", "database-busy", "no connection left"],
  [
    "remaining connection slots are reserved for roles with the SUPERUSER attribute",
    "database-busy",
    "no connection left",
  ],
  ["server login has been failing, try again later (server_login_retry)", "database-busy", "server unavailable"],
  ["server conn crashed?", "database-busy", "server unavailable"],
  ["pgbouncer cannot connect to server", "database-busy", "server unavailable"],
  ["client_login_timeout (server down)", "database-busy", "server unavailable"],
  ["the database system is shutting down", "database-busy", "server unavailable"],
  ["server login failed: wrong password type", "database-failed", "pooler settings"],
  ["unsupported startup parameter: extra_float_digits", "database-failed", "pooler settings"],
  ["bouncer config error", "database-failed", "pooler settings"],
  ["SSL required", "credential-refused", "unencrypted"],
  ["This RDS Proxy requires TLS connections", "credential-refused", "unencrypted"],
  ["login rejected", "credential-refused", "host rule"],
  [
    'no pg_hba.conf entry for host "10.0.0.1", user "app", database "shop", no encryption',
    "credential-refused",
    "host rule",
  ],
  ['role "app" is not permitted to log in', "credential-refused", "no LOGIN"],
  ['permission denied for database "shop"', "credential-refused", "no CONNECT"],
  ['PAM authentication failed for user "app"', "credential-refused", "other method"],
  ['password authentication failed for user "app"', "credential-expired", "server refuses"],
] as const)("a pooler's %j is %s", (message, code, reason) => {
  expect(outcomeOf(pooled(message))).toEqual([code, reason]);
});

test("a refusal of the server's is told from the pooler's own by whether the pooler took the password", () => {
  const answer = pooled('password authentication failed for user "app"', "28P01");
  expect(outcomeOf(answer)).toBe("bad-credential");
  expect(outcomeOf(answer, { isAccepted: true })).toEqual(["credential-expired", "server refuses"]);
});

test.each([
  ["28000", "ClientAuthentication", "credential-refused", "host rule"],
  ["28000", "InitializeSessionUserId", "credential-refused", "no LOGIN"],
  ["28000", "auth_failed", "credential-refused", "other method"],
  ["42501", "CheckMyDatabase", "credential-refused", "no CONNECT"],
  ["53300", "CheckMyDatabase", "database-busy", "database full"],
  ["53300", "InitializeSessionUserId", "database-busy", "role full"],
  ["53300", "InitPostgres", "database-busy", "no connection left"],
  ["55000", "CheckMyDatabase", "database-failed", "closed database"],
  ["57P03", "ProcessStartupPacket", "database-busy", "starting or stopping"],
  ["3D000", "InitPostgres", "database-unknown", "unknown database"],
] as const)("a server's %s of %s, in any language, is %s", (code, routine, expected, reason) => {
  expect(outcomeOf({ code, routine, message: "etwas anderes" })).toEqual([expected, reason]);
});

test("a host rule on a connection without TLS says so", () => {
  const answer = { code: "28000", routine: "ClientAuthentication", message: "egal" };
  expect(outcomeOf(answer, { isEncrypted: false })).toEqual(["credential-refused", "unencrypted"]);
});

test("what is not about logins is left to the table", () => {
  expect(outcomeOf({ code: "08P01", routine: "ProcessStartupPacket", message: "invalid startup packet" })).toBe(
    undefined,
  );
  expect(outcomeOf({ code: "57P01", routine: "ProcessInterrupts", message: "terminating" })).toBe(undefined);
});

test.each([
  ["08P01", "query_wait_timeout", "database-busy"],
  ["08P01", "server conn crashed?", "connection-lost"],
  ["08P01", 'password authentication failed for user "app"', "pooler-keeps-password"],
  ["28P01", 'password authentication failed for user "app"', "pooler-keeps-password"],
])("behind a login that worked, a pooler's %s %s is %s", (code, message, expected) => {
  const signal = AbortSignal.timeout(1_000);
  expect(translateError({ severity: "FATAL", code, message }, { signal }, "begin", true).code).toBe(expected);
});
