import { escapeIdentifier, escapeLiteral } from "pg";
import { RekeyError } from "../../errors/rekey-error.ts";

/** The name of a setting as the catalogue holds it: `name=value`. */
export const settingName = (setting: string): string => setting.slice(0, setting.indexOf("="));

/** Those that `pg_dump` takes for lists; a setting of a user's own making may have any other name and any value. */
const lists = new Set(["local_preload_libraries", "search_path", "session_preload_libraries", "temp_tablespaces"]);

/** A name in double quotes, or of anything but commas and spaces: a user may set a path that ends a statement. */
const element = /\s*(?:"((?:[^"]|"")*)"|([^\s,"][^\s,]*))\s*(?:,|$)/y;

function elements(name: string, list: string): readonly string[] {
  const found: string[] = [];
  element.lastIndex = 0;
  while (element.lastIndex < list.length) {
    const [, quoted, plain] = element.exec(list) ?? [];
    const text = quoted?.replaceAll('""', '"') ?? plain;
    if (text === undefined) {
      throw new RekeyError("account-unsupported", {
        context: { problem: `the role's ${name} is not a list of names` },
      });
    }
    found.push(text);
  }
  return found;
}

/** A catalogue's `name=value` as the end of `ALTER ROLE … SET`. Errors: `account-unsupported` for a list that is none. */
export function settingAssignment(setting: string): string {
  const name = settingName(setting);
  const value = setting.slice(name.length + 1);
  const values = lists.has(name) && value !== "" ? elements(name, value) : [value];
  return `${escapeIdentifier(name)} = ${values.map(escapeLiteral).join(", ")}`;
}
