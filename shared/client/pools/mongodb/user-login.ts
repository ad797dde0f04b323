import { randomBytes } from "node:crypto";
import { RekeyError } from "../../../errors/rekey-error.ts";
import { type LoginSecret, parseLoginSecret } from "../../../secrets/database-secret.ts";
import type { SecretClient } from "../../secret-client.ts";
import type { SourceVersion } from "../../sources/secret-source.ts";
import { credentialCandidates } from "../credential-candidates.ts";
import { isRefusal, serverCode } from "./login-refusal.ts";
import { type AuthContext, type AuthProvider, type LoginPlace, member } from "./supported-client.ts";

const identity = ["username", "host", "port", "dbname", "authSource"] as const;

export interface UserLoginOptions {
  readonly client: SecretClient;
  readonly secretId: string;
  /** Whose user all connections of the MongoClient log in as. */
  readonly version: SourceVersion;
  readonly refused: () => void;
}

export interface UserLogin {
  /** The version by which new connections log in. */
  readonly versionId: string;
  /** Makes all logins from there by the secret's password. */
  installAt(place: LoginPlace): void;
}

/**
 * How the connections of one MongoClient log in: as one user, by the newest password that the server takes. A refused login
 * is made again on the same connection, before anything is sent on it, by AWSCURRENT as it is now and then by AWSPENDING, as
 * far as they are of the same user: sessions and cursors on the server belong to the user. Until the server has taken the
 * first password a refusal fails the login. Errors of a login: `credential-refused`, the client's, the driver's.
 */
export function userLogin({ client, secretId, version, refused: noteRefusal }: UserLoginOptions): UserLogin {
  const own = parseLoginSecret(version.value);
  /** Refused since the last login that worked. */
  const refused = new Set<string>();
  let current = version;
  let isProven = false;
  let search: Promise<SourceVersion> | undefined;

  /** A password is offered to no server but the one that its version names. */
  const isSameUser = ({ value }: SourceVersion): boolean => {
    try {
      const other = parseLoginSecret(value);
      return identity.every((field) => other[field] === own[field]);
    } catch {
      return false;
    }
  };

  async function find(error: unknown): Promise<SourceVersion> {
    const passed = new Set(refused);
    for await (const candidate of credentialCandidates(client, secretId, passed)) {
      if (isSameUser(candidate)) return (current = candidate);
      passed.add(candidate.versionId);
    }
    // The next connection offers them again.
    refused.clear();
    throw refusalOf(secretId, error);
  }

  async function next(after: SourceVersion, error: unknown): Promise<SourceVersion> {
    noteRefusal();
    if (!isProven) throw refusalOf(secretId, error);
    refused.add(after.versionId);
    if (!refused.has(current.versionId)) return current;
    return (search ??= find(error).finally(() => (search = undefined)));
  }

  async function authenticate(provider: AuthProvider, context: AuthContext, first: SourceVersion): Promise<void> {
    const placeholder = context.credentials;
    for (let offered = first; ;) {
      try {
        context.credentials = credentialsOf(placeholder, parseLoginSecret(offered.value));
        await provider.auth(context);
        refused.clear();
        isProven = true;
        return;
      } catch (error) {
        if (!isRefusal(error)) throw error;
        offered = await next(offered, error);
        // The answer to the first login is of no use for the second.
        context.response = { ...context.response, speculativeAuthenticate: undefined };
        context.nonce = randomBytes(24);
      } finally {
        context.credentials = placeholder;
      }
    }
  }

  /** Which version the handshake of a connection has begun to log in by. */
  const begun = new WeakMap<AuthContext, SourceVersion>();
  const logsIn = (provider: AuthProvider): AuthProvider =>
    Object.assign(Object.create(provider) as AuthProvider, {
      async prepare(handshake: object, context: AuthContext) {
        await search?.catch(() => undefined);
        begun.set(context, current);
        return provider.prepare(handshake, context);
      },
      auth: async (context: AuthContext) => authenticate(provider, context, begun.get(context) ?? current),
    });

  return {
    get versionId() {
      return current.versionId;
    },
    installAt(place) {
      const { authProviders } = place;
      place.authProviders = {
        getOrCreateProvider(mechanism, properties) {
          const provider = authProviders.getOrCreateProvider(mechanism, properties);
          return provider === undefined ? undefined : logsIn(provider);
        },
      };
    },
  };
}

function refusalOf(secretId: string, error: unknown): RekeyError {
  const code = serverCode(error);
  return new RekeyError("credential-refused", {
    context: { secret: secretId, serverCode: typeof code === "number" ? code : undefined },
  });
}

function credentialsOf(placeholder: unknown, { password }: LoginSecret): object {
  const Credentials = member(placeholder, "constructor") as new (fields: object) => object;
  return new Credentials({ ...(placeholder as object), password: password.reveal() });
}
