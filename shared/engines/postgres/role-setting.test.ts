import { expect, test } from "vitest";
import { settingAssignment } from "./role-setting.ts";

test.each([
  ["search_path=audit, public", `"search_path" = 'audit', 'public'`],
  ['search_path="$user", public', `"search_path" = '$user', 'public'`],
  ['search_path="with ""quotes"", and a comma"', `"search_path" = 'with "quotes", and a comma'`],
  ['search_path=""', `"search_path" = ''`],
  ["search_path=", `"search_path" = ''`],
  ["work_mem=64MB", `"work_mem" = '64MB'`],
  ["DateStyle=ISO, DMY", `"DateStyle" = 'ISO, DMY'`],
  ["app.name=it's; a = b", `"app.name" = 'it''s; a = b'`],
])("%s is assigned as the server holds it", (setting, assignment) => {
  expect(settingAssignment(setting)).toBe(assignment);
});

test.each([['search_path="open'], ['search_path=a "b"'], ["temp_tablespaces=a,,b"]])(
  "%s is no list of names",
  (setting) => {
    expect(() => settingAssignment(setting)).toThrow("account-unsupported");
  },
);
