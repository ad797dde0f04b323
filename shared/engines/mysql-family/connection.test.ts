import { expect, test } from "vitest";
import { mysqlEngine } from "../mysql/mysql-engine.ts";
import { SecretValue } from "../../secrets/secret-value.ts";
import { letIn, rogueMysql, rows } from "../../../tests/support/rogue-mysql.ts";
import { visitInChild } from "../../../tests/support/visit-in-child.ts";

test("a server that stays connected after the session's end does not keep the process", async () => {
  await using server = await rogueMysql(letIn(() => undefined));
  const [login] = await visitInChild({ engine: "mysql", port: server.port });
  expect(login).toMatchObject({ result: "done" });
});

test("a proxy that keeps passwords itself is refused before anything is changed", async () => {
  const asked: string[] = [];
  await using server = await rogueMysql(
    letIn((sql) => {
      asked.push(sql);
      return sql.startsWith("select @@version_comment")
        ? rows([["@@version_comment", "text", "(ProxySQL)"]])
        : undefined;
    }),
  );
  const target = {
    engine: "mysql",
    host: "127.0.0.1",
    port: server.port,
    dbname: "",
    tls: { mode: "disable" },
    options: new Map(),
  } as const;
  const call = { signal: AbortSignal.timeout(10_000) };
  const credential = { username: "app", password: new SecretValue("p") };
  const login = await mysqlEngine().login(target, credential, call);
  if (!login.ok) throw new Error("refused");
  await using session = login.session;
  const changed = session.setPassword({ ...credential, password: new SecretValue("q") }, call);
  await expect(changed).rejects.toMatchObject({ code: "pooler-keeps-password" });
  expect(asked.filter((sql) => sql.startsWith("ALTER"))).toEqual([]);
});
