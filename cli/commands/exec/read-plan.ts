import { readFile } from "node:fs/promises";
import { constants } from "node:os";
import { RekeyError } from "../../../shared/errors/rekey-error.ts";
import type { Options } from "../../command.ts";
import { listOption, textOption } from "../../options.ts";
import { type NamedSecret, namedSecret, type Reference, referenceOf } from "./reference.ts";
import { parseTemplate, type Template } from "./template.ts";

export type OnRotation =
  | { readonly kind: "restart" | "none" }
  | { readonly kind: "signal"; readonly signal: NodeJS.Signals }
  | { readonly kind: "command"; readonly command: string };

/** What the command line asks for. */
export interface ExecPlan {
  readonly command: string;
  readonly words: readonly string[];
  readonly secretIds: readonly string[];
  /** By the variable's name: a member, or the file whose path it gets. */
  readonly variables: ReadonlyMap<string, Reference | { readonly file: string }>;
  /** By the file's path or name. */
  readonly templates: ReadonlyMap<string, Template>;
  readonly onRotation: OnRotation;
  readonly stopSignal: NodeJS.Signals;
  readonly graceMs: number;
  readonly spreadMs: number;
  readonly ttlMs: number;
}

const invalid = (option: string, value: string, hint: string): RekeyError =>
  new RekeyError("option-invalid", { context: { option, value }, hint });

const units: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };
const longestMs = 24 * 3_600_000;

function timeOption(options: Options, option: string, otherwise: string): number {
  const value = textOption(options, option) ?? otherwise;
  const [, count = "", unit = ""] = /^(\d+)(ms|s|m|h)$/u.exec(value) ?? [];
  const timeMs = Number(count) * (units[unit] ?? Number.NaN);
  if (!(timeMs <= longestMs) || count === "")
    throw invalid(option, value, "write a time with its unit, up to a day: 500ms, 10s, 5m, 1h");
  return timeMs;
}

function signalOf(option: string, value: string): NodeJS.Signals {
  const name = `SIG${value.toUpperCase().replace(/^SIG/u, "")}`;
  if (!Object.hasOwn(constants.signals, name))
    throw invalid(option, value, "write a signal's name, such as HUP or USR1");
  return name as NodeJS.Signals;
}

function onRotationOf(value: string): OnRotation {
  if (value === "restart" || value === "none") return { kind: value };
  const [, kind, rest = ""] = /^(signal|command):(.+)$/su.exec(value) ?? [];
  if (kind === "signal") return { kind, signal: signalOf("onRotation", rest) };
  if (kind === "command") return { kind, command: rest };
  throw invalid("onRotation", value, "write restart, signal:<name>, command:<shell command> or none");
}

/** `name=value` of an option, each name once. */
function pairsOf(options: Options, option: string): ReadonlyMap<string, string> {
  const pairs = new Map<string, string>();
  for (const text of listOption(options, option)) {
    const at = text.indexOf("=");
    const name = text.slice(0, at);
    if (at < 1 || at === text.length - 1) throw invalid(option, text, "write a name, =, and what it gets");
    if (pairs.has(name)) throw invalid(option, name, "give each name once");
    pairs.set(name, text.slice(at + 1));
  }
  return pairs;
}

const ownVariable = /^REKEY_/u;

function variablesOf(
  options: Options,
  secrets: readonly NamedSecret[],
  files: ReadonlySet<string>,
): ExecPlan["variables"] {
  return new Map<string, Reference | { readonly file: string }>(
    [...pairsOf(options, "env")].map(([name, value]) => {
      if (!/^[A-Za-z_]\w*$/u.test(name) || ownVariable.test(name))
        throw invalid("env", name, "name a variable by letters, digits and _, not beginning with REKEY_");
      if (value.startsWith("file:")) {
        const file = value.slice("file:".length);
        if (!files.has(file)) throw invalid("env", value, "name a file as --file has it");
        return [name, { file }];
      }
      const reference = referenceOf(value, secrets);
      if (reference === undefined) throw invalid("env", value, "name a member of a --secret: app/db.password");
      return [name, reference];
    }),
  );
}

async function templatesOf(options: Options, secrets: readonly NamedSecret[]): Promise<ExecPlan["templates"]> {
  const templates = new Map<string, Template>();
  for (const [target, template] of pairsOf(options, "file")) {
    if (/\/$|(?:^|\/)\.\.?$/u.test(target)) throw invalid("file", target, "name a file");
    const isText = template.includes("{{");
    const source = isText ? template : await readFile(template, "utf8");
    templates.set(target, parseTemplate(source, { name: isText ? target : template, target, secrets }));
  }
  return templates;
}

function secretsOf(options: Options): readonly NamedSecret[] {
  const secrets = listOption(options, "secret").map(namedSecret);
  if (secrets.length === 0) throw invalid("secret", "", "name at least one secret: --secret app/db");
  const twice = secrets.find(({ name }, at) => secrets.findIndex((other) => other.name === name) !== at);
  if (twice !== undefined) throw invalid("secret", twice.name, "give each name once");
  return secrets;
}

/** Errors: `option-invalid`, `template-invalid`, the system's for a template that cannot be read. */
export async function readPlan([command = "", ...words]: readonly string[], options: Options): Promise<ExecPlan> {
  const secrets = secretsOf(options);
  const templates = await templatesOf(options, secrets);
  const variables = variablesOf(options, secrets, new Set(templates.keys()));
  const onRotation = onRotationOf(textOption(options, "onRotation") ?? "restart");
  if (variables.size + templates.size === 0)
    throw invalid("env", "", "say what the program gets: --env DB_PASSWORD=password, or --file");
  const isStale = onRotation.kind === "signal" || onRotation.kind === "none";
  if (isStale && templates.size === 0)
    throw invalid(
      "onRotation",
      onRotation.kind,
      "a running program's variables cannot change: use --file, or restart it",
    );
  return {
    command,
    words,
    secretIds: [...new Set(secrets.map(({ secretId }) => secretId))],
    variables,
    templates,
    onRotation,
    stopSignal: signalOf("stopSignal", textOption(options, "stopSignal") ?? "TERM"),
    graceMs: timeOption(options, "grace", "10s"),
    spreadMs: timeOption(options, "spread", "0s"),
    ttlMs: Math.max(1_000, timeOption(options, "ttl", "5m")),
  };
}
