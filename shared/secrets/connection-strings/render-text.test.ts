import { describe, expect, test } from "vitest";
import { isRekeyError } from "../../errors/rekey-error.ts";
import { withCredential } from "../database-secret.ts";
import { SecretValue } from "../secret-value.ts";

const password = "canary-0123456789";
const base = { engine: "postgres", host: "db.example", dbname: "shop", username: "app", password };
const next = { username: "app_clone", password: new SecretValue("Next-Password_0123456789~") };
const nextText = next.password.reveal();

const rotated = (field: unknown, secret: object = base, credential = next): unknown => {
  const rendered = withCredential(new SecretValue(JSON.stringify({ ...secret, field })), credential);
  return (JSON.parse(rendered.reveal()) as { readonly field: unknown }).field;
};

/** Why the field is refused; an error that shows a value is one that the test does not expect. */
function problemOf(field: unknown, secret: object = base, credential = next): unknown {
  try {
    return { left: rotated(field, secret, credential) };
  } catch (error) {
    if (!isRekeyError(error, "secret-malformed") || `${error.message} ${error.hint}`.includes("canary")) throw error;
    return error.context["field"] === "field" ? error.context["problem"] : error.message;
  }
}

describe("a user name alone", () => {
  test.each([
    ["postgres://app@db.example/shop", "postgres://app_clone@db.example/shop"],
    ["postgres://app:@db.example/shop", "postgres://app_clone:@db.example/shop"],
    ["postgres://ap%70@replica.example/shop", "postgres://app_clone@replica.example/shop"],
    ["postgresql+asyncpg://app@/shop?host=db.example", "postgresql+asyncpg://app_clone@/shop?host=db.example"],
    [
      "jdbc:postgresql://db.example/shop?user=app&ssl=true",
      "jdbc:postgresql://db.example/shop?user=app_clone&ssl=true",
    ],
    [
      "jdbc:sqlserver://db.example:1433;userName=app;encrypt=true",
      "jdbc:sqlserver://db.example:1433;userName=app_clone;encrypt=true",
    ],
    [
      "jdbc:db2://db.example:50000/SHOP:user=app;retrieveMessagesFromServerOnGetMessage=true;",
      "jdbc:db2://db.example:50000/SHOP:user=app_clone;retrieveMessagesFromServerOnGetMessage=true;",
    ],
    ["jdbc:oracle:thin:app@//db.example:1521/shop", "jdbc:oracle:thin:app_clone@//db.example:1521/shop"],
    ["jdbc:mysql://(host=db.example,user=app)/shop", "jdbc:mysql://(host=db.example,user=app_clone)/shop"],
    ["host=db.example user=app dbname=shop", "host=db.example user=app_clone dbname=shop"],
    ["user=app", "user=app_clone"],
    ["Server=db.example;User Id=app;Database=app", "Server=db.example;User Id=app_clone;Database=app"],
    ["mysql:host=db.example;dbname=shop;user=app", "mysql:host=db.example;dbname=shop;user=app_clone"],
    ["app@tcp(db.example:3306)/shop", "app_clone@tcp(db.example:3306)/shop"],
    ["postgres://app:${PGPASSWORD}@db.example/shop", "postgres://app_clone:${PGPASSWORD}@db.example/shop"],
    ["https://app@db.example:8443/", "https://app_clone@db.example:8443/"],
  ])("is followed in %s", (before, after) => {
    expect(rotated(before)).toBe(after);
  });

  test("is followed in members that are named after it, with their password", () => {
    const field = { DB_USER: "app", DB_PASSWORD: password, schema: "app", other: [{ username: "app", password: "x" }] };
    expect(rotated(field)).toEqual({ ...field, DB_USER: "app_clone", DB_PASSWORD: nextText });
    expect(rotated({ PGUSER: "app" })).toEqual({ PGUSER: "app_clone" });
  });

  test("stays where the user stays", () => {
    const same = { ...next, username: "app" };
    expect(rotated("postgres://ap%70@db.example/shop", base, same)).toBe("postgres://ap%70@db.example/shop");
    expect(rotated(`postgres://ap%70:${password}@db.example/shop`, base, same)).toBe(
      `postgres://ap%70:${nextText}@db.example/shop`,
    );
  });
});

describe("what only has the user's name in it", () => {
  test.each([
    "app",
    "used by app",
    "schema=app",
    "search_path=app,public",
    "Database=app;Application Name=app",
    "https://app@wiki.example/",
    "https://wiki.example/?user=app",
    "ssh://app@bastion.example:22",
    "mailto:app@example.org",
    "app@example.org",
    "app/docs/readme",
    "postgres://app:somebody-elses@other.example/shop",
    "Server=other;User Id=app;Password=somebody-elses",
    "Server=other;User Id=application;Password=somebody-elses",
  ])("is left alone: %s", (field) => {
    expect(rotated(field)).toBe(field);
  });
});

describe("the old password in a form that cannot be rendered", () => {
  const special = `p"\\w<d'é & canary`;
  const json = JSON.stringify(JSON.stringify({ deep: [special] }));
  test.each([
    ["raw", password, `-u app:${password}`],
    ["as a member of its own", password, password],
    ["percent-encoded, in lower case", "p@ss/word:canary", "curl?x=p%40ss%2fword%3acanary"],
    [
      "percent-encoded letter by letter",
      "abcdefgh",
      "abcdefgh"
        .split("")
        .map((each) => `%${each.charCodeAt(0).toString(16)}`)
        .join(""),
    ],
    ["in Base64", password, `x ${Buffer.from(password).toString("base64")}`],
    ["in Base64, with the user", password, `Basic ${Buffer.from(`app:${password}`).toString("base64")}`],
    [
      "in Base64 of a whole document",
      password,
      Buffer.from(`{"auth":{"password":"${password}"}}`).toString("base64url"),
    ],
    ["in JSON", special, JSON.stringify({ password: special })],
    ["in JSON in JSON", special, json],
    ["in JSON, with escapes for other letters", "canaryé-ü-0", `{"p":"canary\\u00e9-\\u00FC-0"}`],
    ["in hexadecimal", password, Buffer.from(password).toString("hex")],
    ["in two URLs", password, `postgres://app:${password}@a/x,postgres://app:${password}@b/x`],
    ["in a file of properties", "canary 0123456789", "user=app\npassword=canary 0123456789"],
    ["in a StackExchange.Redis string", password, `db.example:6379,user=app,password=${password}`],
    ["in a pgpass line", password, `db.example:5432:shop:app:${password}`],
  ])("%s is refused, and nothing of it is printed", (_how, old, field) => {
    expect(problemOf(field, { ...base, password: old })).toMatch(/^holds the password/);
  });

  test("with the old user name under a key that nobody knows is refused, where the user changes", () => {
    const field = `Server=db.example;Account=app;Password=${password}`;
    expect(problemOf(field)).toMatch(/^holds the user name/);
    expect(rotated(field, base, { ...next, username: "app" })).toBe(
      `Server=db.example;Account=app;Password=${nextText}`,
    );
  });

  test("for another user is refused, however short the password is", () => {
    expect(problemOf("Server=db;User Id=other;Password=pw12", { ...base, password: "pw12" })).toMatch(/another user/);
    expect(problemOf(`jdbc:oracle:thin:app[proxy]/${password}@db:1521/x`)).toMatch(/another user/);
  });

  test("that its form cannot hold is refused", () => {
    const hard = { username: "app", password: new SecretValue('a"b;c') };
    expect(problemOf(`jdbc:oracle:thin:app/${password}@db:1521/x`, base, hard)).toMatch(/cannot hold/);
    expect(problemOf(`mysql:host=db;user=app;password=${password}`, base, hard)).toMatch(/cannot hold/);
    expect(problemOf(`app:${password}@tcp(db)/shop`, base, { ...next, username: "a:b" })).toMatch(/cannot hold/);
  });

  test("is no trace where the password is a name that stands there", () => {
    const initial = { ...base, username: "postgres", password: "postgres", dbname: "postgres" };
    expect(rotated("postgres://postgres:postgres@db.example/postgres", initial)).toBe(
      `postgres://app_clone:${nextText}@db.example/postgres`,
    );
    expect(rotated("the postgres server", initial)).toBe("the postgres server");
  });
});

describe("a URL of Redis without a user", () => {
  const field = `redis://:${password}@db.example:6379/0`;
  test("gets the new password", () => {
    expect(rotated(field, base, { ...next, username: "app" })).toBe(`redis://:${nextText}@db.example:6379/0`);
  });
  test("is refused where the user changes", () => {
    expect(problemOf(field)).toBe("holds the password without the user name, which changes");
  });
});

test("a template that has the user's name in it is refused, where the user changes", () => {
  const secret = { ...base, templates: { url: "postgres://app:{{password}}@{{host}}/shop" } };
  const refusal = expect.objectContaining({ context: expect.objectContaining({ field: "templates.url" }) });
  expect(() => rotated(undefined, secret)).toThrow(refusal);
  expect(() => rotated(undefined, secret, { ...next, username: "app" })).not.toThrow();
});

test("a text of the greatest size is read in a moment", () => {
  const texts = [
    " ",
    ";",
    "=",
    "'",
    '"',
    "{",
    "a=",
    "a='",
    "(",
    "@/",
    "%41",
    "\\",
    "&#",
    ";a",
    "?a=b&",
    "postgres://",
    ":",
  ];
  const startedAt = performance.now();
  for (const text of texts) {
    const long = text.repeat(60_000 / text.length);
    for (const field of [long, `${long}x`, `jdbc:x://h;${long}`, `user=app ${long}`]) rotated(field);
  }
  expect(performance.now() - startedAt).toBeLessThan(15_000);
});
