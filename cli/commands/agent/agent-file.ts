import { readFile } from "node:fs/promises";
import { parse, TomlError } from "smol-toml";
import { RekeyError } from "../../../shared/errors/rekey-error.ts";
import { defined } from "../../../shared/secrets/defined.ts";

/** A secret, or the key of a tag, to read ahead. */
export interface Ahead {
  readonly named: string;
  readonly roleArn: string | undefined;
}

export type LogLevel = "debug" | "info" | "warn" | "error" | "none";

/** What the configuration file of AWS's agent can set. Absent: not set. */
export interface AgentFile {
  readonly logLevel?: LogLevel;
  readonly port?: number;
  readonly region?: string;
  readonly pathPrefix?: string;
  readonly maxConnections?: number;
  readonly maxRoles?: number;
  readonly ttlSeconds?: number;
  readonly maxSecrets?: number;
  readonly tokenHeaders?: readonly string[];
  readonly tokenVariables?: readonly string[];
  readonly credentialsFile?: string;
  readonly servesStale?: boolean;
  readonly validatesCredentials?: boolean;
  readonly prefetchSecrets?: readonly Ahead[];
  readonly prefetchTags?: readonly Ahead[];
  /** Which part of the cache may be filled ahead, from 0.1 to 1. */
  readonly prefetchShare?: number;
  readonly prefetchJitterSeconds?: number;
}

const refused = (option: string, problem: string, hint?: string): RekeyError =>
  new RekeyError("option-invalid", { context: { option, problem }, hint });

/** Reads a value; `undefined`: it is not one that the key takes. */
type Reader = readonly [takes: string, read: (value: unknown) => unknown];

const number = (least: number, most: number, isWhole = true): Reader => [
  `a ${isWhole ? "whole " : ""}number from ${least} to ${most}`,
  (value) => {
    const found = typeof value === "string" && /^\d+$/.test(value) ? Number(value) : value;
    const fits = typeof found === "number" && found >= least && found <= most && (!isWhole || Number.isInteger(found));
    return fits ? found : undefined;
  },
];
const flag: Reader = ["true or false", (value) => (typeof value === "boolean" ? value : undefined)];
const text: Reader = ["a text", (value) => (typeof value === "string" && value !== "" ? value : undefined)];
const isText = (value: unknown): value is string => typeof value === "string" && value !== "";
const texts: Reader = [
  "a list of texts, at least one",
  (value) => (Array.isArray(value) && value.length > 0 && value.every(isText) ? value : undefined),
];
const level: Reader = [
  "debug, info, warn, error or none",
  (value) => /^(?:debug|info|warn|error|none)$/i.exec(String(value))?.[0].toLowerCase(),
];
const only = (wanted: boolean, hint: string): Reader => [hint, (value) => (value === wanted ? value : undefined)];

const aheadBy = (name: string): Reader => [
  `a list of tables with ${name}, and role_arn where a role reads it`,
  (value) => {
    const entries: readonly unknown[] = Array.isArray(value) ? value : [undefined];
    const found = entries.map((entry) => {
      const { [name]: named, role_arn: roleArn, ...others } = { ...(entry as Readonly<Record<string, unknown>>) };
      const fits = isText(named) && (roleArn === undefined || isText(roleArn)) && Object.keys(others).length === 0;
      return fits ? { named, roleArn } : undefined;
    });
    return found.includes(undefined) ? undefined : found;
  },
];

const own = "capabilities.secrets_manager";
/** The keys of AWS's Workload Credentials Provider, and what they set here. */
const keys: ReadonlyMap<string, readonly [member: keyof AgentFile | undefined, reader: Reader]> = new Map([
  ["logging.log_level", ["logLevel", level]],
  [
    "logging.log_to_file",
    [undefined, only(false, "false: rekey logs to standard output, which a supervisor can put into a file")],
  ],
  [`${own}.enabled`, [undefined, only(true, "true: rekey agent serves nothing else")]],
  [`${own}.http_port`, ["port", number(0, 65_535)]],
  [`${own}.region`, ["region", text]],
  [`${own}.path_prefix`, ["pathPrefix", text]],
  [`${own}.max_conn`, ["maxConnections", number(1, 1_000)]],
  [`${own}.max_roles`, ["maxRoles", number(1, 20)]],
  [`${own}.credentials_file_path`, ["credentialsFile", text]],
  [`${own}.ignore_transient_errors`, ["servesStale", flag]],
  [`${own}.validate_credentials`, ["validatesCredentials", flag]],
  [`${own}.cache.ttl_seconds`, ["ttlSeconds", number(0, 3_600)]],
  [`${own}.cache.cache_size`, ["maxSecrets", number(1, 1_000)]],
  [`${own}.security.ssrf_headers`, ["tokenHeaders", texts]],
  [`${own}.security.ssrf_env_variables`, ["tokenVariables", texts]],
  [`${own}.prefetch.secrets`, ["prefetchSecrets", aheadBy("secret_id")]],
  [`${own}.prefetch.filter_tags`, ["prefetchTags", aheadBy("key")]],
  [`${own}.prefetch.cache_buffer_ratio`, ["prefetchShare", number(0.1, 1, false)]],
  [`${own}.prefetch.max_jitter_seconds`, ["prefetchJitterSeconds", number(0, 10)]],
  ["capabilities.acm.enabled", [undefined, only(false, "false: rekey agent exports no certificates")]],
]);

/** The same without tables, as AWS's agent had them first and still takes them. */
const flatKeys: ReadonlyMap<string, string> = new Map(
  [...keys.keys()]
    .filter((key) => !key.endsWith(".enabled"))
    .map((key) => [key.replace(/^logging\.|^capabilities\.secrets_manager\.(?:cache\.|security\.)?/, ""), key]),
);

function* settingsIn(table: Readonly<Record<string, unknown>>, path = ""): Generator<readonly [string, unknown]> {
  for (const [name, value] of Object.entries(table)) {
    const isTable = typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Date);
    if (isTable && Object.keys(value).length > 0) yield* settingsIn({ ...value }, `${path}${name}.`);
    else yield [`${path}${name}`, value];
  }
}

async function tableIn(path: string): Promise<Readonly<Record<string, unknown>>> {
  const content = await readFile(path, "utf8").catch(() => {
    throw refused("config", "the file cannot be read");
  });
  try {
    return parse(content);
  } catch (error) {
    // Its message quotes the file.
    const at = error instanceof TomlError ? `line ${error.line}, column ${error.column}` : "some line";
    throw refused("config", `no TOML at ${at}`, "fix the file there");
  }
}

/**
 * Reads the configuration file of AWS's Secrets Manager Agent and Workload Credentials Provider: TOML, with tables or with the
 * older keys at the top, and not with both. Errors: `option-invalid`, with the key, also for one that AWS's agent does not know.
 */
export async function agentFile(path: string): Promise<AgentFile> {
  const table = await tableIn(path);
  const isNested = "capabilities" in table || "logging" in table;
  const members: Record<string, unknown> = {};
  for (const [key, value] of settingsIn(table)) {
    if ([...keys.keys()].some((known) => known.startsWith(`${key}.`))) continue;
    const nested = flatKeys.get(key);
    if (nested !== undefined && isNested) throw refused(key, "it is at the top of a file with tables", `use ${nested}`);
    const [member, [takes, read]] = keys.get(nested ?? key) ?? [undefined, [undefined, undefined]];
    if (read === undefined) throw refused(key, "rekey agent knows no such key", "remove it, or correct its name");
    const found = read(value);
    if (found === undefined) throw refused(key, "it does not take this value", `use ${takes}`);
    if (member !== undefined) members[member] = found;
  }
  return defined(members);
}
