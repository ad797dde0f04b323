import { EventEmitter } from "node:events";
import type { RedisLogin } from "../../shared/client/pools/redis/redis-login.ts";

export const refusal = new Error("WRONGPASS invalid username-password pair");

/** The driver's client without a server: it logs in as its options say. */
export class FakeRedis extends EventEmitter {
  isReady = false;
  isOpen = false;
  readonly options: RedisLogin;
  readonly commands: string[][] = [];
  readonly passwords: string[] = [];
  readonly #server: FakeRedisServer;
  #fail: (error: Error) => void = () => undefined;

  constructor(options: RedisLogin, server: FakeRedisServer) {
    super();
    this.options = options;
    this.#server = server;
    // A probe has none.
    const signal = options.socket.signal as AbortSignal | undefined;
    signal?.addEventListener("abort", () => this.lose(new Error("aborted", { cause: signal.reason })));
  }
  /** One attempt to connect. */
  async attempt(): Promise<void> {
    const { password } = await this.options.credentialsProvider.credentials();
    this.passwords.push(password);
    const failure = Promise.withResolvers<never>();
    this.#fail = failure.reject;
    await Promise.race([this.#server.answering(this), failure.promise]);
    if (this.#server.wrong.has(password)) throw refusal;
    this.becomeReady();
  }
  becomeReady(): void {
    this.isReady = true;
    this.emit("ready");
  }
  /** Like the driver's: what ends it is wrapped, and an endless one is a fault of the test's subject. */
  async connect(): Promise<void> {
    this.isOpen = true;
    for (let retries = 0; !this.isReady; retries++) {
      try {
        await this.attempt();
      } catch (error) {
        if (!this.isOpen) throw error;
        const next =
          retries > 20 ? new Error("endless") : this.options.socket.reconnectStrategy(retries, error as Error);
        this.isOpen = !(next instanceof Error);
        this.emit("error", error);
        if (next instanceof Error) throw new Error("gave up", { cause: error });
      }
    }
  }
  /** The server, the network or the signal cuts it. */
  lose(error: Error): void {
    if (!this.isReady) return this.#fail(error);
    this.isReady = false;
    this.emit("error", error);
  }
  async sendCommand(command: string[]): Promise<unknown> {
    this.commands.push(command);
    return this.#server.replying(command, this);
  }
  sent(name: string): string[][] {
    return this.commands.filter(([command]) => command === name);
  }
  async close(): Promise<void> {
    await this.#server.closing;
    this.destroy();
  }
  /** Like that of version 5, which throws where nothing is open. */
  destroy(): void {
    if (!this.isOpen) throw new Error("The client is closed");
    this.isOpen = false;
    this.isReady = false;
    this.#fail(new Error("destroyed"));
  }
}

/** What the clients of a test meet. */
export class FakeRedisServer {
  readonly made: FakeRedis[] = [];
  /** Passwords that it refuses. */
  readonly wrong = new Set<string>();
  /** What the answer to a login waits for. */
  answering: (redis: FakeRedis) => unknown = () => undefined;
  replying: (command: readonly string[], redis: FakeRedis) => unknown = ([command]) =>
    command === "CLIENT" ? 7 : "OK";
  closing: Promise<void> = Promise.resolve();

  readonly createClient = (options: RedisLogin): FakeRedis => {
    const redis = new FakeRedis(options, this);
    this.made.push(redis);
    return redis;
  };
}
