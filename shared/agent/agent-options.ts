import { isIP } from "node:net";
import type { SecretClient } from "../client/secret-client.ts";
import { RekeyError } from "../errors/rekey-error.ts";
import type { SecretValue } from "../secrets/secret-value.ts";

export interface AgentOptions {
  /** What callers must show. */
  readonly token: SecretValue;
  /** Any of which may hold the token. `X-Aws-Parameters-Secrets-Token`, `X-Vault-Token`. */
  readonly tokenHeaders?: readonly string[];
  /** Who reads for a request with `roleArn`: the roles that may be assumed, and no others. None. */
  readonly roles?: ReadonlyMap<string, SecretClient>;
  /** 127.0.0.1. */
  readonly address?: string;
  /** 2773; 0 takes a free one. */
  readonly port?: number;
  /** Lets `address` be one that other machines reach. */
  readonly allowRemote?: boolean;
  /** Names beside those of loopback that a request's Host may say. */
  readonly allowedHosts?: readonly string[];
  /**
   * How many reads a second of what was not answered before, or with `refreshNow`, may make the source be asked; twice as many
   * after a quiet time. From 1 to 10,000. Less than the client's budget leaves the rest to secrets that are in use. 80.
   */
  readonly newReadsPerSecond?: number;
  /** Put before the secret's id in the path style. `/v1/`. */
  readonly pathPrefix?: string;
  /**
   * Connections that have shown the token, from 1 to 1,000; more are answered with 429. Of those that have not shown it the
   * oldest is closed where there are more than this leaves, or than 512. 800.
   */
  readonly maxConnections?: number;
  /** How long a connection may take to send a request's headers, from 100 to 60,000. 5,000. */
  readonly headerTimeoutMs?: number;
  /** How long requests under way may go on at the end. 10,000. */
  readonly drainTimeoutMs?: number;
  /** Where `/ping` and `/metrics`, and nothing else, are served to other machines, as probes and scrapers are. */
  readonly metricsListener?: { readonly address: string; readonly port: number };
}

export type AgentSettings = Required<Omit<AgentOptions, "metricsListener">> & Pick<AgentOptions, "metricsListener">;

/** A name that a header can have (RFC 9110), and one that no browser or proxy fills by itself. */
const isTokenHeader = (name: string): boolean => /^[!#$%&'*+.^_`|~\w-]{1,128}$/.test(name) && !setByOthers.test(name);
const setByOthers =
  /^(?:accept|cookie|connection|content-|date$|forwarded|host$|origin$|referer$|sec-|te$|upgrade|user-agent|via$|x-forwarded-)/i;

const isLoopback = (address: string): boolean =>
  address === "localhost" || address === "::1" || (isIP(address) === 4 && address.startsWith("127."));

const isWhole = (value: number, least: number, most: number): boolean =>
  Number.isInteger(value) && value >= least && value <= most;

/** Errors: `option-invalid`. */
export function agentSettings(options: AgentOptions): AgentSettings {
  const settings: AgentSettings = {
    tokenHeaders: ["X-Aws-Parameters-Secrets-Token", "X-Vault-Token"],
    roles: new Map(),
    address: "127.0.0.1",
    port: 2773,
    allowRemote: false,
    allowedHosts: [],
    pathPrefix: "/v1/",
    maxConnections: 800,
    headerTimeoutMs: 5_000,
    newReadsPerSecond: 80,
    drainTimeoutMs: 10_000,
    ...options,
  };
  const refuse = (option: string, hint: string): RekeyError =>
    new RekeyError("option-invalid", { context: { option }, hint });
  if (!settings.allowRemote && !isLoopback(settings.address))
    throw refuse("address", "use a loopback address, or say --allow-remote where nobody else reaches this one");
  if (!isWhole(settings.port, 0, 65_535)) throw refuse("port", "use a port from 0 to 65535");
  if (!isWhole(settings.maxConnections, 1, 1_000)) throw refuse("maxConnections", "use a number from 1 to 1000");
  if (!isWhole(settings.headerTimeoutMs, 100, 60_000))
    throw refuse("headerTimeoutMs", "use a number from 100 to 60000");
  if (!isWhole(settings.newReadsPerSecond, 1, 10_000))
    throw refuse("newReadsPerSecond", "use a number from 1 to 10000");
  if (settings.tokenHeaders.length === 0 || !settings.tokenHeaders.every(isTokenHeader))
    throw refuse("tokenHeaders", "give names of headers that only a caller itself sets, such as X-Vault-Token");
  if (!/^\/.*\/$/.test(settings.pathPrefix)) throw refuse("pathPrefix", "begin and end it with a slash");
  return settings;
}
