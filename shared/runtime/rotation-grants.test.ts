import { describe, expect, test } from "vitest";
import { environmentOf } from "./environment.ts";
import {
  cacheUserGrants,
  httpApiGrants,
  iamUserGrants,
  mskSecretGrants,
  rotationGrants,
  vaultRoleGrants,
} from "./rotation-grants.ts";

const admin = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:rds!cluster-1=a-AbCdEf";
const other = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:db/admin-AbCdEf";
const read = (variables: Record<string, string>) => rotationGrants(environmentOf(variables));

test("an environment that says nothing grants nothing", () => {
  expect(read({})).toEqual({ admins: new Map(), adminTls: "verify-full", users: new Map() });
});

test("admin secrets, the targets of each, and users by secret", () => {
  const grants = read({
    REKEY_ADMIN_SECRETS: `${admin}, ${other}`,
    REKEY_ADMIN_TARGETS: `${admin}=orders.example.com:5432 [fd00::1]:5432,${admin}=db2:1`,
    REKEY_ADMIN_TLS: "require",
    REKEY_USER_GRANTS: "db/orders = app_b@db:5432 odd%2C%3D%40%20name@db:5432, db/other=x@y:1",
  });
  expect(grants.admins).toEqual(
    new Map([
      [
        admin,
        [
          { host: "orders.example.com", port: 5432 },
          { host: "[fd00::1]", port: 5432 },
          { host: "db2", port: 1 },
        ],
      ],
      [other, []],
    ]),
  );
  expect(grants.adminTls).toBe("require");
  expect(grants.users).toEqual(
    new Map([
      [
        "db/orders",
        [
          { username: "app_b", host: "db", port: 5432 },
          { username: "odd,=@ name", host: "db", port: 5432 },
        ],
      ],
      ["db/other", [{ username: "x", host: "y", port: 1 }]],
    ]),
  );
});

describe("an entry that cannot be read is refused at the cold start, by the variable's name", () => {
  test.each([
    ["REKEY_ADMIN_TARGETS", "no-targets"],
    ["REKEY_ADMIN_TARGETS", `${admin}=`],
    ["REKEY_ADMIN_TARGETS", `${admin}=db`],
    ["REKEY_ADMIN_TARGETS", `${admin}=db:0`],
    ["REKEY_ADMIN_TARGETS", `${admin}=db:65536`],
    ["REKEY_ADMIN_TARGETS", `${admin}=db:5432 user@db:5432`],
    ["REKEY_ADMIN_TARGETS", `=db:5432`],
    ["REKEY_ADMIN_TARGETS", `${admin}=*:5432x`],
    ["REKEY_USER_GRANTS", "db/orders=db:5432"],
    ["REKEY_USER_GRANTS", "db/orders=@db:5432"],
    ["REKEY_USER_GRANTS", "db/orders=%E0@db:5432"],
    ["REKEY_USER_GRANTS", "app@db:5432"],
  ])("%s: %s", (variable, text) => {
    expect(() => read({ REKEY_ADMIN_SECRETS: admin, [variable]: text })).toThrow(
      expect.objectContaining({
        code: "option-invalid",
        context: { option: variable, problem: `cannot read "${text}"` },
        hint: expect.stringMatching(/^write each entry as </u),
      }),
    );
  });

  test("a target of an admin secret that is not among REKEY_ADMIN_SECRETS", () => {
    expect(() => read({ REKEY_ADMIN_SECRETS: other, REKEY_ADMIN_TARGETS: `${admin}=db:1` })).toThrow(
      expect.objectContaining({
        code: "option-invalid",
        context: { option: "REKEY_ADMIN_TARGETS", problem: `${admin} is not in REKEY_ADMIN_SECRETS` },
      }),
    );
  });

  test("a TLS mode that is none", () => {
    expect(() => read({ REKEY_ADMIN_TLS: "sometimes" })).toThrow(
      expect.objectContaining({
        code: "option-invalid",
        context: { option: "REKEY_ADMIN_TLS", problem: "not a TLS mode" },
      }),
    );
  });
});

test("static roles of Vault by secret, each with its mount", () => {
  const roles = (text: string) => vaultRoleGrants(environmentOf({ REKEY_VAULT_ROLES: text }));
  expect(roles("db/orders=database/orders team/db/orders-2, db/other=database/other")).toEqual(
    new Map([
      ["db/orders", ["database/orders", "team/db/orders-2"]],
      ["db/other", ["database/other"]],
    ]),
  );
  for (const text of ["db/orders=orders", "db/orders=/orders", "db/orders=database/", "database/orders"]) {
    expect(() => roles(text)).toThrow(
      expect.objectContaining({
        code: "option-invalid",
        context: expect.objectContaining({ option: "REKEY_VAULT_ROLES" }),
      }),
    );
  }
});

test("IAM users are granted by the secret's name, with what a list cannot hold percent-encoded", () => {
  const grants = iamUserGrants(
    environmentOf({ REKEY_IAM_USERS: "prod/mailer=mailer, prod/other=a%3Db%2Cc d.e+f@g-h_i" }),
  );
  expect([...grants]).toEqual([
    ["prod/mailer", ["mailer"]],
    ["prod/other", ["a=b,c", "d.e+f@g-h_i"]],
  ]);
});

test.each([
  ["a user of two secrets", "a=mailer,b=mailer"],
  ["a path", "a=/rekey/mailer"],
  ["an ARN", "a=arn:aws:iam::123456789012:user/mailer"],
  ["a pattern", "a=*"],
  ["half of a character", "a=%E0%A4%A"],
  ["no user", "a="],
])("%s is no grant of an IAM user", (_what, REKEY_IAM_USERS) => {
  expect(() => iamUserGrants(environmentOf({ REKEY_IAM_USERS }))).toThrow(
    expect.objectContaining({
      code: "option-invalid",
      context: expect.objectContaining({ option: "REKEY_IAM_USERS" }),
    }),
  );
});

test("the API of each secret, with an account or without", () => {
  const REKEY_HTTP_API_GRANTS = "prod/mail=sendgrid, prod/graph=entra:a%3Db%2Ccd:e";
  expect([...httpApiGrants(environmentOf({ REKEY_HTTP_API_GRANTS }))]).toEqual([
    ["prod/mail", { api: "sendgrid", account: "" }],
    ["prod/graph", { api: "entra", account: "a=b,cd:e" }],
  ]);
});

test.each([
  ["two APIs of a secret", "a=sendgrid,a=grafana:1"],
  ["two APIs in an entry", "a=sendgrid grafana:1"],
  ["a name in capitals", "a=SendGrid"],
  ["an account that is a dot segment", "a=grafana:.."],
  ["an account with a line break", "a=grafana:1%0d%0aX:y"],
  ["half of a character", "a=grafana:%E0%A4%A"],
  ["no API", "a="],
])("%s is no grant of an HTTP API", (_what, REKEY_HTTP_API_GRANTS) => {
  expect(() => httpApiGrants(environmentOf({ REKEY_HTTP_API_GRANTS }))).toThrow(
    expect.objectContaining({
      code: "option-invalid",
      context: expect.objectContaining({ option: "REKEY_HTTP_API_GRANTS" }),
    }),
  );
});

describe("users of a cache service by secret", () => {
  const orders = "arn:aws:elasticache:eu-west-1:123456789012:user:orders";
  const shared = "arn:aws:memorydb:eu-west-1:123456789012:user/shared";
  const sampleSecret = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:db/orders-AbCdEf";
  const variables = { REKEY_CACHE_USERS: `db/orders=${orders} ${shared}, db/other=${shared}` };
  const isGranted = (
    more: Record<string, string>,
    [secretName, arn, username]: readonly [string, string, string],
  ): boolean => cacheUserGrants(environmentOf({ ...variables, ...more }))({ secretName, arn, username });

  test("each secret has its own, and a user of one is none of another", () => {
    expect(isGranted({}, ["db/orders", orders, "app"])).toBe(true);
    expect(isGranted({}, ["db/orders", shared, "app"])).toBe(true);
    expect(isGranted({}, ["db/other", orders, "app"])).toBe(false);
    expect(isGranted({}, ["210987654321:db/orders", orders, "app"])).toBe(false);
  });

  test("the variables of AWS's sample limit what is granted, and grant nothing by themselves", () => {
    const sample = { SECRET_ARN: sampleSecret, USER_NAME: "app" };
    expect(isGranted(sample, ["db/orders", orders, "app"])).toBe(true);
    expect(isGranted(sample, ["db/orders", orders, "another"])).toBe(false);
    expect(isGranted(sample, ["db/other", shared, "app"])).toBe(false);
    expect(isGranted({ ...sample, REKEY_CACHE_USERS: "" }, ["db/orders", orders, "app"])).toBe(false);
  });

  test.each(["db/orders=orders", `db/orders=${orders}/x`, "db/orders=arn:aws:iam::123456789012:user/app", orders])(
    "%s cannot be read as a grant",
    (REKEY_CACHE_USERS) => {
      expect(() => cacheUserGrants(environmentOf({ REKEY_CACHE_USERS }))).toThrow(
        expect.objectContaining({
          code: "option-invalid",
          context: expect.objectContaining({ option: "REKEY_CACHE_USERS" }),
        }),
      );
    },
  );
});

describe("the secrets of MSK's users that a secret is granted", () => {
  const of = (name: string): string => `arn:aws:secretsmanager:eu-west-1:123456789012:secret:AmazonMSK_${name}-AbCdEf`;
  const grants = (REKEY_MSK_SECRETS: string) => mskSecretGrants(environmentOf({ REKEY_MSK_SECRETS }));

  test("a pair for each secret, and none without a grant", () => {
    expect(grants("")).toEqual(new Map());
    expect(grants(`app/kafka=${of("a")} ${of("b")}, app/other=${of("c")} ${of("d")}`)).toEqual(
      new Map([
        ["app/kafka", [of("a"), of("b")]],
        ["app/other", [of("c"), of("d")]],
      ]),
    );
  });

  test.each([
    ["one alone", `app/kafka=${of("a")}`],
    ["three", `app/kafka=${of("a")} ${of("b")} ${of("c")}`],
    ["one that another secret has", `app/kafka=${of("a")} ${of("b")},app/other=${of("b")} ${of("c")}`],
    ["the same twice", `app/kafka=${of("a")} ${of("a")}`],
    ["a secret that MSK does not read", `app/kafka=${of("a")} ${other}`],
    ["an ARN without its six characters", `app/kafka=${of("a")} ${of("b").slice(0, -7)}`],
  ])("%s cannot be read as a grant", (_what, text) => {
    expect(() => grants(text)).toThrow(
      expect.objectContaining({
        code: "option-invalid",
        context: expect.objectContaining({ option: "REKEY_MSK_SECRETS" }),
      }),
    );
  });
});
