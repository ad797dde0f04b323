import type { Broker, KafkaLogin } from "./kafka-login.ts";
import { isRefusal } from "./login-failure.ts";
import type { KafkaDriver } from "./supported-driver.ts";

/** How long a refused credential is not offered again: longer than the driver takes to give an operation up. */
const refusedMs = 5_000;

interface Probe {
  connect(host: string, port: number): Promise<void>;
  close(): Promise<void>;
  on(event: "error", listener: () => void): unknown;
}

export interface Proving {
  /** Whether the broker takes the login, which a connection of its own asks. Whoever asks meanwhile shares the answer. Errors: the driver's. */
  accepts(login: KafkaLogin, broker: Broker): Promise<boolean>;
  readonly refusedLogins: number;
}

export function proving(options: {
  readonly kafka: KafkaDriver;
  readonly tls: object | undefined;
  readonly timeoutMs: number;
}): Proving {
  const { kafka, tls, timeoutMs } = options;
  const asked = new Map<string, Promise<boolean>>();
  const refusedUntilMs = new Map<string, number>();
  let refusedLogins = 0;

  async function ask({ versionId, ...login }: KafkaLogin, { host, port }: Broker): Promise<boolean> {
    const settings = { connectTimeout: timeoutMs, tls, sasl: login };
    const probe = Reflect.construct(kafka.Connection, ["rekey", settings]) as Probe;
    // What fails is told to whoever waits for the connection.
    probe.on("error", () => undefined);
    try {
      await probe.connect(host, port);
      return true;
    } catch (error) {
      if (!isRefusal(error)) throw error;
      refusedLogins++;
      refusedUntilMs.set(versionId, performance.now() + refusedMs);
      return false;
    } finally {
      await probe.close();
    }
  }

  return {
    async accepts(login, broker) {
      if (performance.now() < (refusedUntilMs.get(login.versionId) ?? 0)) return false;
      refusedUntilMs.delete(login.versionId);
      const key = JSON.stringify([login.versionId, broker.host, broker.port]);
      const asking = asked.get(key) ?? ask(login, broker).finally(() => asked.delete(key));
      asked.set(key, asking);
      return asking;
    },
    get refusedLogins() {
      return refusedLogins;
    },
  };
}
