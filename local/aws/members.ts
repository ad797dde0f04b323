import { isMembers, type Members } from "../../shared/answers/members.ts";
import { AwsError } from "./service.ts";

const missing = (name: string): AwsError =>
  new AwsError(
    "ValidationException",
    `1 validation error detected: Value at '${name}' failed to satisfy constraint: Member must not be null`,
  );
const wrongType = (name: string, type: string): AwsError =>
  new AwsError("SerializationException", `${name} is not a ${type}`);

/** Errors of all readers: `SerializationException` for another type, `ValidationException` for a required member that is missing. */
export function optionalText(input: Members, name: string): string | undefined {
  const value = input[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "string") throw wrongType(name, "string");
  return value;
}

export function text(input: Members, name: string): string {
  const value = optionalText(input, name);
  if (value === undefined) throw missing(name);
  return value;
}

/** A whole number; the query protocol sends it as text. */
export function optionalInteger(input: Members, name: string): number | undefined {
  const value = input[name];
  if (value === undefined || value === null) return undefined;
  const number = typeof value === "string" && /^-?\d+$/u.test(value) ? Number(value) : value;
  if (typeof number !== "number" || !Number.isInteger(number)) throw wrongType(name, "whole number");
  return number;
}

/** An absent record is empty. */
export function record(input: Members, name: string): Members {
  const value = input[name] ?? {};
  if (!isMembers(value)) throw wrongType(name, "map");
  return value;
}

/** A record of strings; an absent one is empty. */
export function textRecord(input: Members, name: string): Readonly<Record<string, string>> {
  const members = record(input, name);
  return Object.fromEntries(Object.keys(members).map((key) => [key, text(members, key)]));
}

/** An absent list is empty. */
export function list(input: Members, name: string): readonly unknown[] {
  const value = input[name] ?? [];
  if (!Array.isArray(value)) throw wrongType(name, "list");
  return value;
}

export const textList = (input: Members, name: string): readonly string[] =>
  list(input, name).map((item) => {
    if (typeof item !== "string") throw wrongType(name, "list of strings");
    return item;
  });

export const recordList = (input: Members, name: string): readonly Members[] =>
  list(input, name).map((item) => {
    if (!isMembers(item)) throw wrongType(name, "list of structures");
    return item;
  });
