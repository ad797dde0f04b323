import type { Socket } from "node:net";
import type { SourceVersion } from "../../sources/secret-source.ts";
import type { DriverConnection } from "./supported-client.ts";

/** How connections log in. */
export interface Logins {
  /** Logs a stream in, before anything else is sent there, and says as which version. Errors: why it cannot. */
  onStream(stream: Socket, connectTimeoutMs: number): Promise<SourceVersion>;
  /** On a connection that is in use: which version it has then. `undefined`: it stays as it is. */
  onLive(
    connection: DriverConnection,
    version: SourceVersion,
    has: string | undefined,
  ): Promise<SourceVersion | undefined>;
  /** A connection was made, has logged in, or has ended. */
  changed(): void;
}

const usualConnectTimeoutMs = 10_000;

/**
 * A connection of ioredis that logs in by rekey: each stream before the driver has it, so that commands that wait in the
 * driver's queue are behind a login that the server took; and at a rotation by an AUTH in its turn, so that what is under way
 * stays. Not inside MULTI, where AUTH would be part of the transaction, and not while it subscribes by RESP 2, where the
 * server takes no AUTH; then it is made up for with the next command.
 */
export class AttachedConnection {
  readonly redis: DriverConnection;
  readonly #logins: Logins;
  #loggedIn: SourceVersion | undefined;
  /** The version of a rotation since the last login. */
  #due: SourceVersion | undefined;
  #isLoggingIn = false;
  #isInMulti = false;

  constructor(redis: DriverConnection, logins: Logins) {
    this.redis = redis;
    this.#logins = logins;
    this.#logInStreams();
    this.#watchCommands();
    redis.on("ready", () => this.#catchUp());
    redis.on("close", () => {
      this.#isInMulti = false;
      logins.changed();
    });
  }

  /** `undefined`: not connected. */
  get versionId(): string | undefined {
    return this.redis.status === "ready" ? this.#loggedIn?.versionId : undefined;
  }

  rotated(version: SourceVersion): void {
    this.#due = version.versionId === this.#loggedIn?.versionId ? undefined : version;
    this.#catchUp();
  }

  #logInStreams(): void {
    const { connector, options } = this.redis;
    const connect = connector.connect.bind(connector);
    connector.connect = async (...given) => {
      // The driver has just written there what its options name as a credential.
      if (this.redis.condition) delete this.redis.condition.auth;
      const stream = await connect(...given);
      stream.on("error", () => undefined);
      const { connectTimeout = usualConnectTimeoutMs } = options as { readonly connectTimeout?: number };
      try {
        this.#loggedIn = await this.#logins.onStream(stream, connectTimeout);
        if (this.#due?.versionId === this.#loggedIn.versionId) this.#due = undefined;
      } catch (error) {
        // The driver finds it closed, reports this error and connects again as its options say.
        stream.destroy();
        connector.firstError = error as Error;
      }
      this.#logins.changed();
      return stream;
    };
  }

  #watchCommands(): void {
    const send = this.redis.sendCommand.bind(this.redis);
    this.redis.sendCommand = (...given) => {
      const [command] = given as [{ readonly name?: string }];
      this.#catchUp();
      if (command.name === "multi") this.#isInMulti = true;
      if (command.name === "exec" || command.name === "discard") this.#isInMulti = false;
      return send(...given);
    };
  }

  #catchUp(): void {
    const version = this.#due;
    const { status, condition, mode = condition?.subscriber ? "subscriber" : "normal" } = this.redis;
    if (version === undefined || this.#isLoggingIn || this.#isInMulti || status !== "ready" || mode !== "normal")
      return;
    this.#isLoggingIn = true;
    this.#due = undefined;
    void this.#logins
      .onLive(this.redis, version, this.#loggedIn?.versionId)
      .then((taken) => {
        if (taken !== undefined) this.#loggedIn = taken;
      })
      .finally(() => {
        this.#isLoggingIn = false;
        this.#logins.changed();
        this.#catchUp();
      });
  }
}
