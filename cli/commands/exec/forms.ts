import type { Referred } from "./reference.ts";

/** How a value is written where it stands. */
export type Form = "json" | "json-inside" | "env" | "shell" | "text" | "raw";

export interface Refused {
  readonly problem: string;
}

const control = /[\p{Cc}\u2028\u2029]/u;
/** Needs no quotes in any shell or file of variables. */
const isPlain = (text: string): boolean => /^[\w./:@%+,=~-]+$/u.test(text);

/**
 * As a POSIX shell, systemd and readers of `.env` files agree on it, where they do. A line break would be another line to
 * some of them, so it is refused.
 */
function inEnvFile(text: string): string | Refused {
  if (control.test(text))
    return { problem: "it has a control character, which a file of variables cannot hold; use base64" };
  if (isPlain(text)) return text;
  if (!/['\\]/u.test(text)) return `'${text}'`;
  return `"${text.replaceAll(/["$`\\]/gu, String.raw`\$&`)}"`;
}

const forms: Readonly<Record<Form, (referred: Referred) => string | Refused>> = {
  json: ({ text, isJson }) => (isJson ? text : JSON.stringify(text)),
  "json-inside": ({ text }) => JSON.stringify(text).slice(1, -1),
  env: ({ text }) => inEnvFile(text),
  shell: ({ text }) => `'${text.replaceAll("'", String.raw`'\''`)}'`,
  text: ({ text }) =>
    control.test(text) ? { problem: "it has a control character; use a form such as json, or raw" } : text,
  raw: ({ text }) => text,
};

export const written = (form: Form, referred: Referred): string | Refused => forms[form](referred);

/** What makes another text of the value, before it is written. */
export const transformations: Readonly<Record<string, (text: string) => string>> = {
  url: (text) =>
    encodeURIComponent(text.toWellFormed()).replaceAll(
      /[!'()*]/gu,
      (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
    ),
  base64: (text) => Buffer.from(text).toString("base64"),
};
