import { encode } from "./percent-encoding.ts";

const placeholder = /\{\{\s*([^{}|\s]*)\s*(\|\s*raw\s*)?\}\}/g;

/** Whether a template has braces that are no placeholder. */
export const isUnfinished = (template: string): boolean => /\{\{|\}\}/.test(template.replace(placeholder, ""));

/** What stands in a template, in its order. */
export const placeholdersIn = (template: string): readonly { readonly name: string; readonly isRaw: boolean }[] =>
  [...template.matchAll(placeholder)].map(([, name = "", raw]) => ({ name, isRaw: raw !== undefined }));

/** The template with a text for each placeholder: `{{name}}` is percent-encoded, `{{name|raw}}` is not. */
export const fillIn = (template: string, textOf: (name: string) => string): string =>
  template.replace(placeholder, (_whole, name: string, raw: string | undefined) =>
    raw === undefined ? encode(textOf(name)) : textOf(name),
  );

/** The name in a template that is one `{{name|raw}}` and nothing else. */
export const onlyPlaceholder = (template: string): string | undefined =>
  /^\{\{\s*([^{}|\s]+)\s*\|\s*raw\s*\}\}$/.exec(template)?.[1];
