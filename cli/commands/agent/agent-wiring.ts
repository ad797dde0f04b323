import { asDocuments, secretsManagerDocuments } from "../../../shared/agent/documents.ts";
import { secretsManagerReads } from "../../../shared/client/sources/secrets-manager-reads.ts";
import type { SecretSource } from "../../../shared/client/sources/secret-source.ts";
import { RekeyError } from "../../../shared/errors/rekey-error.ts";
import { environmentOf } from "../../../shared/runtime/environment.ts";
import {
  checkedIdentity,
  forSdk,
  type IdentityOptions,
  ownIdentity,
  roleIdentity,
  type Variables,
} from "./agent-identity.ts";
import type { AgentIdentity, AgentPush, SdkIdentity } from "./agent-limits.ts";
import { type SearchingSource, secretsWithTag } from "./tag-search.ts";

/** Where the agent reads, and as whom. */
export interface AgentSources {
  readonly own: SearchingSource;
  readonly byRole: ReadonlyMap<string, SearchingSource>;
  readonly sdk: SdkIdentity;
}

const vaultAddress = (variables: Variables): string | undefined => environmentOf(variables).text("VAULT_ADDR");

async function mirror(
  address: string,
  variables: Variables,
  formOf: (source: SecretSource) => SecretSource,
): Promise<SecretSource> {
  return (await import("./agent-sdk.ts")).vaultMirror(address, environmentOf(variables), formOf);
}

const notOfVault = (option: string): RekeyError =>
  new RekeyError("option-invalid", {
    context: { option, problem: "VAULT_ADDR is set, and Vault's mirror has neither roles of AWS nor tags" },
    hint: "unset VAULT_ADDR, or leave the option out",
  });

const searching = ({ api }: AgentIdentity): SearchingSource => ({
  ...secretsManagerDocuments(api),
  withTag: async (key, most, call) => secretsWithTag(api, key, most, call),
});

/**
 * Secrets Manager, or Vault's mirror where `VAULT_ADDR` names one: as the agent itself, and as each of the roles. Errors: those
 * of the login, `option-invalid`; with `validates`, those of keys that AWS does not take.
 */
export async function agentSources(
  variables: Variables,
  options: IdentityOptions & { readonly roles: readonly string[]; readonly validates: boolean },
): Promise<AgentSources> {
  const address = vaultAddress(variables);
  if (address !== undefined) {
    if (options.roles.length > 0) throw notOfVault("role");
    const withTag = (): Promise<never> => Promise.reject(notOfVault("prefetchTag"));
    const own = { ...(await mirror(address, variables, asDocuments)), withTag };
    return { own, byRole: new Map(), sdk: {} };
  }
  const identity = await ownIdentity(variables, options);
  if (options.validates) await checkedIdentity(identity, variables);
  const roles = options.roles.map(
    async (roleArn) => [roleArn, searching(await roleIdentity(identity, roleArn, variables))] as const,
  );
  return { own: searching(identity), byRole: new Map(await Promise.all(roles)), sdk: forSdk(options, identity) };
}

/** Secrets' own values, for a program that reads them by the variables alone. Errors: those of the login, `option-invalid`. */
export async function valueSource(variables: Variables): Promise<SecretSource> {
  const address = vaultAddress(variables);
  if (address !== undefined) return mirror(address, variables, (source) => source);
  const { api } = await ownIdentity(variables, { region: undefined, credentialsFile: undefined });
  return secretsManagerReads(api);
}

/** The source of rotation events, if one is configured. Errors: `invalidation-unavailable`, within seconds. */
export async function agentPush(
  from: {
    readonly topicArn: string | undefined;
    readonly queueUrl: string | undefined;
    readonly redisUrl: string | undefined;
    readonly redisChannel: string;
    /** The secret whose text signs what is published on the channel. */
    readonly redisKeySecret: string | undefined;
    /** Whose events a queue of its own gets. Default: those of all secrets. */
    readonly secrets?: readonly string[];
    readonly identity?: SdkIdentity;
  },
  signal: AbortSignal,
): Promise<AgentPush | undefined> {
  const { topicArn, queueUrl, redisUrl, identity = {} } = from;
  if (topicArn !== undefined) return (await import("./agent-queue.ts")).byTopic(topicArn, from.secrets, identity);
  if (redisUrl !== undefined) {
    const { byRedis } = await import("./agent-redis.ts");
    return byRedis(redisUrl, from.redisChannel, from.redisKeySecret, identity, signal);
  }
  return queueUrl === undefined ? undefined : (await import("./agent-queue.ts")).byQueue(queueUrl, identity);
}
