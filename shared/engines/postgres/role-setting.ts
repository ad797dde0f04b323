import { escapeIdentifier, escapeLiteral } from "pg";

/** The name of a setting as the catalogue holds it: `name=value`. */
export const settingName = (setting: string): string => setting.slice(0, setting.indexOf("="));

/** A catalogue's `name=value` as the end of `ALTER ROLE … SET`; list settings are stored quoted already. */
export function settingAssignment(setting: string): string {
  const name = settingName(setting);
  const value = setting.slice(name.length + 1);
  const isList = name === "search_path" || name === "temp_tablespaces" || name.endsWith("_preload_libraries");
  return `${escapeIdentifier(name)} = ${isList && value !== "" ? value : escapeLiteral(value)}`;
}
