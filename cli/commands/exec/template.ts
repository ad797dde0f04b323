import { RekeyError } from "../../../shared/errors/rekey-error.ts";
import { type Form, transformations, written } from "./forms.ts";
import { type NamedSecret, type Reference, referenceOf, referred, unusable, type Values } from "./reference.ts";

type Format = "json" | "env" | "text";

interface Place {
  readonly reference: Reference;
  readonly transformation: string | undefined;
  readonly form: Form;
}

/** Text and places of values in turn. */
export interface Template {
  readonly parts: readonly (string | Place)[];
}

const placeholder = /\{\{(.*?)\}\}/gsu;
/** In JSON and in files of variables, any other form would let a value add to them. */
const allowed: Readonly<Record<Format, readonly string[]>> = {
  json: ["json", "raw"],
  env: ["env", "raw"],
  text: ["json", "env", "shell", "text", "raw"],
};

const formatOf = (target: string): Format =>
  /\.json$/iu.test(target) ? "json" : /\.env$/iu.test(target) ? "env" : "text";

/** What is on a place's line, before and behind it. */
interface Line {
  readonly before: string;
  readonly behind: string;
}

const lineAt = (source: string, start: number, end: number): Line => ({
  before: source.slice(source.lastIndexOf("\n", start - 1) + 1, start),
  behind: /^[^\r\n]*/u.exec(source.slice(end))?.[0] ?? "",
});

/** Whether a place is within a string of JSON, by the quotes of the template's own text before it. */
const isInString = (before: string): boolean =>
  (before.replaceAll(placeholder, "x").replaceAll(/\\./gsu, "").split('"').length - 1) % 2 === 1;

const isQuoted = (before: string): boolean =>
  ["'", '"', "`"].some((quote) => (before.replaceAll(placeholder, "x").split(quote).length - 1) % 2 === 1);

/** Where a value of this form would not stay within its place. */
function misplaced(form: Form, format: Format, line: Line, isSafe: boolean): string | undefined {
  if (format === "env" && !isSafe && form !== "raw" && !/^(?:export )?\w+=$/u.test(line.before))
    return "in a file of variables a value stands directly after NAME=; within other text use url or base64";
  if (format === "env" && !isSafe && form !== "raw" && line.behind !== "")
    return "in a file of variables nothing may follow a value; within other text use url or base64";
  const quotes = form === "shell" || form === "env" || (form === "json" && format !== "json");
  return quotes && isQuoted(line.before) ? `${form} adds quotes of its own: remove those around it` : undefined;
}

function formOf(said: string | undefined, format: Format, before: string, isSafe: boolean): Form {
  if (said !== undefined && said !== "json") return said as Form;
  if (said === "json" || format === "json") return format === "json" && isInString(before) ? "json-inside" : "json";
  return format === "env" && isSafe ? "text" : format;
}

interface Given {
  /** Where the template is from, for errors. */
  readonly name: string;
  readonly target: string;
  readonly secrets: readonly NamedSecret[];
}

const invalid = ({ name }: Given, line: number, problem: string): RekeyError =>
  new RekeyError("template-invalid", { context: { template: name, line, problem } });

function placeOf(source: string, found: RegExpExecArray, given: Given): Place {
  const format = formatOf(given.target);
  const before = source.slice(0, found.index);
  const refuse = (problem: string): RekeyError => invalid(given, before.split("\n").length, problem);
  const [text = "", ...words] = (found[1] ?? "").split("|").map((word) => word.trim());
  const reference = referenceOf(text, given.secrets);
  if (reference === undefined) throw refuse(`${text} names no member of a --secret`);
  const transformation = words[0] !== undefined && Object.hasOwn(transformations, words[0]) ? words.shift() : undefined;
  const [said, more] = words;
  if (more !== undefined || (said !== undefined && !allowed[format].includes(said)))
    throw refuse(`${more ?? said} is no form here: url or base64, then ${allowed[format].join(", ")}`);
  const isSafe = transformation !== undefined;
  const form = formOf(said, format, before, isSafe);
  const problem = misplaced(form, format, lineAt(source, found.index, found.index + found[0].length), isSafe);
  if (problem !== undefined) throw refuse(problem);
  return { reference, transformation, form };
}

/** A line that is a comment, empty, or one variable whose quotes end on it; places of values in it are `x`. */
const variableLine = /^(?:\s*|\s*#.*|(?:export )?\w+=(?:[^'"\\`$\s]*|'[^']*'|"(?:[^"\\`$]|\\.)*"))\r?$/u;

function checkText(source: string, given: Given): void {
  const text = source.replaceAll(placeholder, "x");
  const open = text.split("\n").findIndex((line) => line.includes("{{"));
  if (open >= 0) throw invalid(given, open + 1, "{{ is not closed");
  if (formatOf(given.target) !== "env") return;
  const odd = text.split("\n").findIndex((line) => !variableLine.test(line));
  if (odd >= 0) throw invalid(given, odd + 1, "a line of a file of variables is NAME=value or a comment");
}

/** With numbers as values, so that these are right within and without quotes. */
function checkJson({ parts }: Template, given: Given): void {
  if (parts.some((part) => typeof part !== "string" && part.form === "raw")) return;
  try {
    JSON.parse(parts.map((part) => (typeof part === "string" ? part : "1")).join(""));
  } catch {
    throw invalid(given, 1, "it does not make JSON");
  }
}

/** Errors: `template-invalid`. */
export function parseTemplate(source: string, given: Given): Template {
  checkText(source, given);
  const parts: (string | Place)[] = [];
  let at = 0;
  for (const found of source.matchAll(placeholder)) {
    parts.push(source.slice(at, found.index), placeOf(source, found, given));
    at = found.index + found[0].length;
  }
  parts.push(source.slice(at));
  const template = { parts };
  if (formatOf(given.target) === "json") checkJson(template, given);
  return template;
}

/** Errors: `member-unusable`, `secret-binary`. */
export function renderTemplate({ parts }: Template, values: Values): string {
  return parts
    .map((part) => {
      if (typeof part === "string") return part;
      const { reference, transformation, form } = part;
      const value = referred(reference, values);
      const made = transformation === undefined ? undefined : transformations[transformation]?.(value.text);
      const text = written(form, made === undefined ? value : { text: made, isJson: false });
      if (typeof text !== "string") throw unusable(reference, text.problem);
      return text;
    })
    .join("");
}
