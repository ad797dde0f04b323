import type { PoolDriver } from "../../shared/client/pools/rotating-generations.ts";

/** A connection that knows by which password it was made. */
export interface FakeConnection {
  readonly password: string;
  release(): void;
}

/** A driver without a server, and what it did. */
export interface FakePools {
  driver(more?: Partial<PoolDriver<FakeConnection>>): PoolDriver<FakeConnection>;
  /** Passwords that the server refuses. */
  readonly wrong: Set<string>;
  /** What each connection waits for. */
  answering: Promise<void>;
  /** From now on a connection ends with this error, until `answering` is another promise. */
  failWith(reason: Error): void;
  readonly open: ReadonlySet<FakeConnection>;
  /** Passwords in the order in which connections were asked for. */
  readonly asked: readonly string[];
  /** Passwords of pools that were ended, and of those that were destroyed. */
  readonly ended: readonly string[];
  readonly destroyed: readonly string[];
}

/** Its server refuses, and has an explanation for it. The password `impossible` makes no pool. */
export function fakePools(): FakePools {
  const refusal = new Error("refused");
  const wrong = new Set<string>();
  const open = new Set<FakeConnection>();
  const [asked, ended, destroyed]: [string[], string[], string[]] = [[], [], []];
  const pools: FakePools = {
    wrong,
    answering: Promise.resolve(),
    failWith(reason) {
      pools.answering = Promise.reject(reason);
      pools.answering.catch(() => undefined);
    },
    open,
    asked,
    ended,
    destroyed,
    driver: (more) => ({
      open({ password }, changed) {
        const text = password.reveal();
        if (text === "impossible") throw Object.assign(new Error("canary"), { code: "EINVAL" });
        const own = new Set<FakeConnection>();
        let whenClosed = (): void => undefined;
        return {
          async connect() {
            asked.push(text);
            await pools.answering;
            if (wrong.has(text)) throw refusal;
            const connection: FakeConnection = {
              password: text,
              release() {
                own.delete(connection);
                open.delete(connection);
                if (own.size === 0) whenClosed();
                changed();
              },
            };
            own.add(connection);
            open.add(connection);
            return connection;
          },
          get open() {
            return own.size;
          },
          idle: 0,
          explain: (error) =>
            error === refusal ? { code: "credential-refused", context: { sqlstate: "28P01" }, hint: text } : undefined,
          async end() {
            const closed = new Promise<void>((resolve) => (whenClosed = resolve));
            if (own.size > 0) await closed;
            ended.push(text);
          },
          destroy: () => void destroyed.push(text),
        };
      },
      isRefusal: (error) => error === refusal,
      isLimit: () => false,
      limit: () => 10,
      connectTimeoutMs: undefined,
      lateError: undefined,
      ...more,
    }),
  };
  return pools;
}
