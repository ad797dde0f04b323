import { describe, expect, onTestFinished, test } from "vitest";
import { oracleEngine } from "../../shared/engines/oracle/oracle-engine.ts";
import { sqlserverEngine } from "../../shared/engines/sqlserver/sqlserver-engine.ts";
import type { DatabaseEngine } from "../../shared/ports/database-engine.ts";
import { SecretValue } from "../../shared/secrets/secret-value.ts";
import { createAuthority } from "../../shared/testing/engine-contract/certificates.ts";
import { Database } from "../../tests/support/oracle/database.ts";
import { startOracle } from "../../tests/support/oracle/server.ts";
import { rotator, startSqlserver } from "../../tests/support/sqlserver-fixture.ts";
import { oracle } from "./servers/oracle.ts";
import { sqlserver } from "./servers/sqlserver.ts";
import { type RelayedProtocol, startTlsRelay } from "./tls-relay.ts";

const authority = createAuthority("the server's own");
const certificate = authority.issue({ names: ["localhost"], addresses: ["127.0.0.1"] });

interface Server {
  readonly engine: DatabaseEngine;
  readonly protocol: RelayedProtocol;
  readonly port: number;
  readonly dbname: string;
  stop(): Promise<void>;
}

const servers: Readonly<Record<string, () => Promise<Server>>> = {
  "SQL Server, whose messages carry the handshake": async () => {
    const { port, stop } = await startSqlserver(certificate);
    return { engine: sqlserverEngine(), protocol: sqlserver, port, dbname: "master", stop };
  },
  "Oracle, where TLS begins again": async () => {
    const database = new Database();
    database.create("ROTATOR", rotator.password);
    const { port, stop } = await startOracle(database, certificate);
    return { engine: oracleEngine(), protocol: oracle, port, dbname: database.service, stop };
  },
};

describe.each(Object.entries(servers))("in front of %s", (_name, start) => {
  test("the relay's certificate is taken by whom it is for, and refused by everybody else", async () => {
    const { engine, protocol, port, dbname, stop } = await start();
    onTestFinished(stop);
    const target = (at: number, ca: string) =>
      ({
        engine: engine.names[0] ?? "",
        host: "localhost",
        port: at,
        dbname,
        tls: { mode: "verify-full", ca },
        options: new Map(),
      }) as const;
    const ours = createAuthority("the relay's own");
    const issued = ours.issue({ names: ["localhost"], addresses: ["127.0.0.1"] });
    const relay = await startTlsRelay(target(port, authority.certificate), issued, protocol);
    onTestFinished(async () => relay.stop());
    const credential = { username: rotator.username, password: new SecretValue(rotator.password) };
    const call = { signal: AbortSignal.timeout(20_000) };
    const login = await engine.login(target(relay.port, ours.certificate), credential, call);
    expect(login.ok).toBe(true);
    if (login.ok) await login.session[Symbol.asyncDispose]();
    const refused = engine.login(target(relay.port, authority.certificate), credential, call);
    await expect(refused).rejects.toMatchObject({ code: "tls-refused" });
  });
});
