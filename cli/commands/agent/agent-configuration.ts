import type { AgentOptions } from "../../../shared/agent/agent-options.ts";
import type { SecretClientOptions } from "../../../shared/client/client-options.ts";
import { RekeyError } from "../../../shared/errors/rekey-error.ts";
import { defined } from "../../../shared/secrets/defined.ts";
import type { Options } from "../../command.ts";
import { flagOption, listOption, numberOption, textOption } from "../../options.ts";
import { type Ahead, type AgentFile, agentFile, type LogLevel } from "./agent-file.ts";

/** What the agent is started with: the command line's options, before those of the file. */
export interface AgentConfiguration {
  readonly server: Omit<AgentOptions, "token" | "roles">;
  readonly client: Omit<SecretClientOptions, "source">;
  /** Where the token is named; `undefined`: the usual variables. */
  readonly tokenVariables: readonly string[] | undefined;
  readonly region: string | undefined;
  readonly credentialsFile: string | undefined;
  /** Whether keys that STS refuses keep the agent from starting. */
  readonly validates: boolean;
  readonly logLevel: LogLevel;
  /** The ARNs of the roles that callers may choose. */
  readonly roles: readonly string[];
  readonly ahead: {
    readonly secrets: readonly Ahead[];
    readonly tags: readonly Ahead[];
    /** How many secrets of each identity may be found by tags. */
    readonly mostByTags: number;
    readonly jitterMs: number;
  };
}

function wrong(option: string, value: string, hint?: string): RekeyError {
  return new RekeyError("option-invalid", { context: { option, value }, hint });
}

function whole(options: Options, option: string, scale = 1): number | undefined {
  const said = numberOption(options, option);
  if (said === undefined) return undefined;
  if (!Number.isInteger(said) || said < 0) throw wrong(option, String(said));
  return said * scale;
}

function metricsListener(said: string | undefined): { address: string; port: number } | undefined {
  if (said === undefined) return undefined;
  const [, address, port] = /^(.+):(\d+)$/.exec(said) ?? [];
  if (address === undefined) throw wrong("metrics", said);
  return { address: address.replace(/^\[|\]$/g, ""), port: Number(port) };
}

/** Those that `--role` names, and those by which the file reads ahead: whoever writes them configures the agent. */
function rolesOf(options: Options, file: AgentFile): readonly string[] {
  const named = [...(file.prefetchSecrets ?? []), ...(file.prefetchTags ?? [])].flatMap(({ roleArn = [] }) => roleArn);
  const roles = [...new Set([...listOption(options, "role"), ...named])];
  const odd = roles.find((role) => !/^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]+$/.test(role));
  if (odd !== undefined) throw wrong("role", odd, "use the role's ARN, arn:aws:iam::<account>:role/<name>");
  const most = file.maxRoles ?? 20;
  if (roles.length > most) throw wrong("role", `${roles.length} roles`, `name at most ${most}, or raise max_roles`);
  return roles;
}

const ofOwn = (named: string): Ahead => ({ named, roleArn: undefined });

/** Errors: `option-invalid`. */
export async function agentConfiguration(options: Options): Promise<AgentConfiguration> {
  const path = textOption(options, "config");
  const file = path === undefined ? {} : await agentFile(path);
  const maxSecrets = whole(options, "maxSecrets") ?? file.maxSecrets;
  const ttlMs = whole(options, "ttl", 1_000) ?? (file.ttlSeconds === undefined ? undefined : file.ttlSeconds * 1_000);
  return {
    server: {
      allowRemote: flagOption(options, "allowRemote"),
      allowedHosts: listOption(options, "allowHost"),
      ...defined({
        address: textOption(options, "address"),
        pathPrefix: textOption(options, "pathPrefix") ?? file.pathPrefix,
        port: whole(options, "port") ?? file.port,
        tokenHeaders: file.tokenHeaders,
        maxConnections: whole(options, "maxConnections") ?? file.maxConnections,
        headerTimeoutMs: whole(options, "headerTimeout"),
        newReadsPerSecond: whole(options, "newReads"),
        drainTimeoutMs: whole(options, "drainTimeout"),
        metricsListener: metricsListener(textOption(options, "metrics")),
      }),
    },
    client: defined({
      ttlMs,
      maxStaleMs: whole(options, "maxStale", 1_000) ?? (file.servesStale === false ? 0 : undefined),
      requestTimeoutMs: whole(options, "timeout"),
      maxSecrets,
      maxBytes: whole(options, "maxBytes"),
    }),
    tokenVariables: file.tokenVariables,
    region: file.region,
    credentialsFile: file.credentialsFile,
    validates: file.validatesCredentials ?? false,
    logLevel: file.logLevel ?? "info",
    roles: rolesOf(options, file),
    ahead: {
      secrets: [...listOption(options, "prefetch").map(ofOwn), ...(file.prefetchSecrets ?? [])],
      tags: [...listOption(options, "prefetchTag").map(ofOwn), ...(file.prefetchTags ?? [])],
      mostByTags: Math.max(1, Math.floor((maxSecrets ?? 1_000) * (file.prefetchShare ?? 0.8))),
      jitterMs: (file.prefetchJitterSeconds ?? 0) * 1_000,
    },
  };
}
