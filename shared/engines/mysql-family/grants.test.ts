import { describe, expect, test } from "vitest";
import { covers, grantChanges, notGivable, parseGrants } from "./grants.ts";

const to = "`app_clone`@`%`";
const changes = (wanted: readonly string[], held: readonly string[]): readonly string[] =>
  grantChanges(parseGrants(wanted), parseGrants(held), to);

test("the same rights in another order or spelling need no statement", () => {
  const line = (rights: string, user: string): string => `GRANT ${rights} ON \`shop\`.\`t\` TO \`${user}\`@\`%\``;
  expect(
    changes([line("SELECT (`a`), INSERT (`a`, `b`)", "app")], [line("INSERT (`b`, `a`), SELECT (`a`)", "app_clone")]),
  ).toEqual([]);
});

test("what is missing is granted, what is too much is revoked, and the account's own settings are left alone", () => {
  expect(
    changes(
      [
        "GRANT RELOAD, PROCESS ON *.* TO `app`@`%` IDENTIFIED BY PASSWORD '*CD' REQUIRE SUBJECT 'x WITH GRANT OPTION' WITH MAX_USER_CONNECTIONS 5",
        "GRANT SELECT, INSERT ON `shop`.* TO `app`@`%` WITH GRANT OPTION",
        "GRANT EXECUTE ON PROCEDURE `shop`.`p` TO `app`@`%`",
        "GRANT `writer` TO `app`@`%` WITH ADMIN OPTION",
        "SET DEFAULT ROLE `writer` FOR `app`@`%`",
      ],
      [
        "GRANT USAGE ON *.* TO `app_clone`@`%` IDENTIFIED BY PASSWORD '*AB'",
        "GRANT SELECT, DELETE ON `shop`.* TO `app_clone`@`%`",
        "GRANT DROP ON `odd``name ON x`.* TO `app_clone`@`%` WITH GRANT OPTION",
        "GRANT `reader` TO `app_clone`@`%`",
      ],
    ),
  ).toEqual([
    `REVOKE DELETE ON \`shop\`.* FROM ${to}`,
    `REVOKE DROP, GRANT OPTION ON \`odd\`\`name ON x\`.* FROM ${to}`,
    `GRANT SELECT, INSERT ON \`shop\`.* TO ${to} WITH GRANT OPTION`,
    `GRANT RELOAD, PROCESS ON *.* TO ${to}`,
    `GRANT EXECUTE ON PROCEDURE \`shop\`.\`p\` TO ${to}`,
    `REVOKE \`reader\` FROM ${to}`,
    `GRANT \`writer\` TO ${to} WITH ADMIN OPTION`,
  ]);
});

test("all privileges come without a moment of none, and go before the few that stay are granted", () => {
  const some = "GRANT SELECT ON `shop`.* TO `u`@`%`";
  const all = "GRANT ALL PRIVILEGES ON `shop`.* TO `u`@`%`";
  expect(changes([all], [some])).toEqual([`GRANT ALL PRIVILEGES ON \`shop\`.* TO ${to}`]);
  expect(changes([some], [all])).toEqual([
    `REVOKE ALL PRIVILEGES ON \`shop\`.* FROM ${to}`,
    `GRANT SELECT ON \`shop\`.* TO ${to}`,
  ]);
});

test("an admin option and a proxy follow", () => {
  expect(
    changes(
      ["GRANT `r` TO `app`@`%`", "GRANT PROXY ON `boss`@`%` TO `app`@`%` WITH GRANT OPTION"],
      ["GRANT `r` TO `app_clone`@`%` WITH ADMIN OPTION"],
    ),
  ).toEqual([`GRANT PROXY ON \`boss\`@\`%\` TO ${to} WITH GRANT OPTION`, `REVOKE ADMIN OPTION FOR \`r\` FROM ${to}`]);
});

describe("what a giver of rights may give", () => {
  const grants = (...lines: readonly string[]) => parseGrants(lines);
  const nothing = grants();

  test.each([
    ["GRANT ALL PRIVILEGES ON *.* TO `admin`@`%` WITH GRANT OPTION", "SELECT", "`shop`.`t`", true],
    ["GRANT SELECT ON `shop`.* TO `admin`@`%`", "SELECT (`a`)", "`shop`.`t`", true],
    ["GRANT SELECT (`a`) ON `shop`.`t` TO `admin`@`%`", "SELECT", "`shop`.`t`", false],
    ["GRANT SELECT ON `sh%`.* TO `admin`@`%`", "SELECT", "`shop`.`t`", true],
    ["GRANT SELECT ON `s_op`.* TO `admin`@`%`", "SELECT", "`shop`.*", true],
    ["GRANT SELECT ON `s\\_op`.* TO `admin`@`%`", "SELECT", "`shop`.*", false],
    ["GRANT SELECT ON `s\\_op`.* TO `admin`@`%`", "SELECT", "`s_op`.`t`", true],
    ["GRANT SELECT ON `shop`.`t` TO `admin`@`%`", "SELECT", "`shop`.*", false],
    ["GRANT ALL PRIVILEGES ON *.* TO `admin`@`%`", "GRANT OPTION", "`shop`.*", false],
    ["GRANT APPLICATION_PASSWORD_ADMIN,ROLE_ADMIN ON *.* TO `admin`@`%`", "ROLE_ADMIN", "*.*", true],
    ["GRANT CREATE USER ON *.* TO `changers`", "CREATE USER", "*.*", true],
  ])("%s: %s on %s is %s", (line, right, on, expected) => {
    expect(covers(grants(line), right, on)).toBe(expected);
  });

  test("a partial revoke takes from a global right, and not from one that is given again", () => {
    const global = "GRANT SELECT ON *.* TO `admin`@`%`";
    const taken = "REVOKE SELECT ON `mysql`.* FROM `admin`@`%`";
    expect(covers(grants(global, taken), "SELECT", "`mysql`.`user`")).toBe(false);
    expect(covers(grants(global, taken), "SELECT", "`shop`.`user`")).toBe(true);
    expect(
      covers(grants(global, taken, "GRANT SELECT ON `mysql`.`user` TO `admin`@`%`"), "SELECT", "`mysql`.`user`"),
    ).toBe(true);
  });

  test("only what differs has to be given, with the option to grant it", () => {
    const wanted = grants("GRANT SELECT, INSERT ON `shop`.* TO `app`@`%`", "GRANT `r` TO `app`@`%`");
    const giver = grants("GRANT SELECT ON `shop`.* TO `admin`@`%` WITH GRANT OPTION");
    expect(notGivable(wanted, wanted, nothing)).toEqual([]);
    expect(notGivable(wanted, nothing, giver)).toEqual(["INSERT ON `shop`.*", "`r` WITH ADMIN OPTION"]);
    expect(notGivable(wanted, nothing, grants("GRANT ALL PRIVILEGES ON *.* TO `a`@`%` WITH GRANT OPTION"))).toEqual([
      "`r` WITH ADMIN OPTION",
    ]);
  });
});
