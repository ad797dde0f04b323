import { type Form, isPlain, roleOf, type Slot } from "./slot.ts";

interface Value extends Pick<Slot, "start" | "end" | "readings"> {
  readonly key: string;
}

const closing: Readonly<Record<string, string>> = { '"': '"', "'": "'", "{": "}" };

/** The end of a quoted value, in which the closing mark is doubled; `undefined` where more than blanks follow it. */
function quotedEnd(text: string, start: number): number | undefined {
  const close = closing[text[start] ?? ""];
  if (close === undefined) return undefined;
  let at = text.indexOf(close, start + 1);
  while (at !== -1 && text[at + 1] === close) at = text.indexOf(close, at + 2);
  if (at === -1) return undefined;
  const mark = text.indexOf(";", at);
  return text.slice(at + 1, mark === -1 ? text.length : mark).trim() === "" ? at + 1 : undefined;
}

/** `undefined` where the rest of the text is anything else than `key=value;key=value`. */
function valuesOf(text: string, from: number): readonly Value[] | undefined {
  const values: Value[] = [];
  const endOf = (at: number): number => (text.includes(";", at) ? text.indexOf(";", at) : text.length);
  for (let at = from; at < text.length;) {
    const segment = text.slice(at, endOf(at));
    const [name = ""] = segment.split("=", 1);
    if (segment.trim() === "") {
      at += segment.length + 1;
      continue;
    }
    if (name === segment || !/^[a-z][\w .-]*$/i.test(name.trim())) return undefined;
    const valueAt = at + name.length + 1;
    const start = valueAt + text.slice(valueAt).search(/\S|$/);
    const quoted = quotedEnd(text, start);
    const end = quoted ?? Math.max(start, at + segment.trimEnd().length);
    const raw = text.slice(start, end);
    const close = raw.slice(-1);
    const readings = quoted === undefined ? [raw] : [raw.slice(1, -1).replaceAll(close + close, close), raw];
    values.push({ key: name.trim(), start, end, readings });
    at = endOf(end) + 1;
  }
  return values;
}

const inQuotes = (text: string): string => `"${text.replaceAll('"', '""')}"`;
const inBraces = (text: string): string => `{${text.replaceAll("}", "}}")}}`;

/**
 * `Server=…;User Id=…;Password=…` of ADO.NET, which quotes in quotes, and of ODBC and SQL Server's JDBC URLs, which quote
 * in braces. Behind another prefix, as PDO's, nothing is quoted.
 */
export const keyValues: Form = (text) => {
  const prefix = /^(?:jdbc:(?!jtds)[^/?;]*sqlserver:\/\/[^;]*;|[a-z][a-z0-9]*:(?=[\w .-]+=))/i.exec(text)?.[0] ?? "";
  if (!text.includes(";") && prefix === "") return [];
  const values = valuesOf(text.trimEnd(), prefix.length) ?? [];
  const isOdbc = /^(?:jdbc|odbc):/i.test(prefix) || values.some(({ key }) => /^(?:driver|(?:file)?dsn)$/i.test(key));
  const write = (next: string): string | undefined => {
    if (isPlain(next)) return next;
    if (isOdbc) return inBraces(next);
    return prefix === "" ? inQuotes(next) : undefined;
  };
  return values.flatMap(({ key, ...value }) => {
    const held = roleOf(key);
    return held === undefined ? [] : [{ ...value, holds: held.holds, write }];
  });
};
