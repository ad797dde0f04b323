import type { Socket } from "node:net";
import { RekeyError } from "../../../errors/rekey-error.ts";
import type { SecretClient } from "../../secret-client.ts";
import type { SourceVersion } from "../../sources/secret-source.ts";
import { credentialCandidates } from "../credential-candidates.ts";
import { isRefusal, replyCode } from "../redis/login-refusal.ts";
import { type Login, loginOf } from "../redis/redis-login.ts";
import { askForLogin, untilConnected } from "./stream-login.ts";
import type { DriverConnection } from "./supported-client.ts";

export interface VersionLoginsOptions {
  readonly client: SecretClient;
  readonly secretId: string;
  readonly loginTimeoutMs: number;
}

const liveHint =
  "the connection keeps the login that it has until it reconnects; look at the user's ACL on this server";

/** Which of the secret's versions a server takes. */
export class VersionLogins {
  refusedLogins = 0;
  readonly #client: SecretClient;
  readonly #secretId: string;
  readonly #timeoutMs: number;
  /** Told to be of no use. */
  readonly #unusable = new Set<string>();
  #accepted: SourceVersion | undefined;

  constructor({ client, secretId, loginTimeoutMs }: VersionLoginsOptions) {
    this.#client = client;
    this.#secretId = secretId;
    this.#timeoutMs = loginTimeoutMs;
  }

  /** The credential that a server took last. */
  get accepted(): Login | undefined {
    return this.#accepted === undefined ? undefined : loginOf(this.#accepted);
  }

  get versionId(): string | undefined {
    return this.#accepted?.versionId;
  }

  /** Errors: `credential-refused`, `connection-lost`, `time-budget-spent`, `database-failed`, the stream's, the client's. */
  async onStream(stream: Socket, connectTimeoutMs: number): Promise<SourceVersion> {
    await untilConnected(stream, connectTimeoutMs, this.#secretId);
    const ask = async (login: Login): Promise<void> => {
      const answer = await askForLogin(stream, login, this.#timeoutMs, this.#secretId);
      if (!answer.startsWith("+")) throw new Error(answer.slice(1));
    };
    const refused = new Set<string>();
    let failure: Error | undefined;
    const candidates = credentialCandidates(this.#client, this.#secretId, refused);
    for (;;) {
      const next = await candidates.next().catch((error: Error) => void (failure = error));
      if (next === undefined || next.done === true) break;
      if (await this.#offer(next.value, refused, ask)) return next.value;
    }
    // The source fails, or has nothing that is of use: the server decides whether the credential still is.
    const before = this.#accepted;
    if (before !== undefined && !refused.has(before.versionId) && (await this.#offer(before, refused, ask)))
      return before;
    throw failure ?? new RekeyError("credential-refused", { context: { secret: this.#secretId } });
  }

  async onLive(
    redis: DriverConnection,
    version: SourceVersion,
    has: string | undefined,
  ): Promise<SourceVersion | undefined> {
    const refused = new Set<string>();
    const ask = async ({ username, password }: Login): Promise<void> => void (await redis.auth(username, password));
    try {
      if (await this.#offer(version, refused, ask)) return version;
      for await (const candidate of credentialCandidates(this.#client, this.#secretId, refused)) {
        if (candidate.versionId === has) return undefined;
        if (await this.#offer(candidate, refused, ask)) return candidate;
      }
      this.#report("credential-refused", { version: version.versionId });
    } catch (error) {
      // A connection that is cut logs in when it reconnects.
      const reason = error instanceof RekeyError ? String(error.context["reason"] ?? error.code) : undefined;
      if (reason !== undefined) this.#report("database-failed", { version: version.versionId, reason });
    }
    return undefined;
  }

  /** Errors: those of `ask` but for a refusal, a reply of the server's as `database-failed`. */
  async #offer(version: SourceVersion, refused: Set<string>, ask: (login: Login) => Promise<void>): Promise<boolean> {
    const login = this.#usable(version);
    if (login === undefined) {
      refused.add(version.versionId);
      return false;
    }
    try {
      await ask(login);
      this.#accepted = version;
      return true;
    } catch (error) {
      if (isRefusal(error)) {
        this.refusedLogins++;
        refused.add(version.versionId);
        return false;
      }
      const reason = replyCode(error);
      // The driver's own error of a reply has the arguments of AUTH.
      if (reason === undefined) throw error;
      throw new RekeyError("database-failed", { context: { secret: this.#secretId, operation: "log in", reason } });
    }
  }

  #usable(version: SourceVersion): Login | undefined {
    try {
      return loginOf(version);
    } catch (error) {
      if (!this.#unusable.has(version.versionId) && error instanceof RekeyError)
        this.#client.report({ secretId: this.#secretId, error });
      this.#unusable.add(version.versionId);
      return undefined;
    }
  }

  #report(code: RekeyError["code"], context: RekeyError["context"]): void {
    const error = new RekeyError(code, { context: { secret: this.#secretId, ...context }, hint: liveHint });
    this.#client.report({ secretId: this.#secretId, error });
  }
}
