import { isMembers, type Members } from "../../shared/answers/members.ts";

/** A map that is not one of CloudFormation's functions. */
const isPlain = (value: unknown): value is Members =>
  isMembers(value) && !Object.keys(value).some((name) => name === "Ref" || name.startsWith("Fn::"));

/** A map over another, level by level, as SAM lays a function's properties over Globals. */
export function overlay(base: unknown, top: unknown): unknown {
  if (top === undefined) return base;
  if (!isPlain(base) || !isPlain(top)) return top;
  const names = new Set([...Object.keys(base), ...Object.keys(top)]);
  return Object.fromEntries([...names].map((name) => [name, overlay(base[name], top[name])]));
}
