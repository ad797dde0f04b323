import { expect, test } from "vitest";
import { grantChanges, parseGrants } from "./grants.ts";

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
