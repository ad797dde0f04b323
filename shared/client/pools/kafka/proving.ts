import type { Broker, KafkaLogin } from "./kafka-login.ts";
import { isRefusal } from "./login-failure.ts";
import type { KafkaDriver } from "./supported-driver.ts";

/**
 * How long a broker that refused a credential is not offered it again. Brokers hear of a new password one after the other, so it is
 * shorter than the driver takes to give an operation up: 3 retries, one each second.
 */
const refusedMs = 2_000;

interface Probe {
  connect(host: string, port: number): Promise<void>;
  close(): Promise<void>;
  on(event: "error", listener: () => void): unknown;
  readonly socket?: { destroy(): void };
}

export interface Proving {
  /** Whether the broker takes the login, which a connection of its own asks. Whoever asks meanwhile shares the answer. Errors: the driver's. */
  accepts(login: KafkaLogin, broker: Broker): Promise<boolean>;
  /** Whether any broker refused this version a moment ago. */
  wasRefused(versionId: string): boolean;
  /** The broker turned the login down. */
  refuse(login: KafkaLogin, broker: Broker): void;
  readonly refusedLogins: number;
}

const keyOf = ({ versionId }: KafkaLogin, { host, port }: Broker): string => JSON.stringify([versionId, host, port]);

export function proving(options: {
  readonly kafka: KafkaDriver;
  /** How clients connect. */
  readonly transport: object;
  readonly timeoutMs: number;
}): Proving {
  const { kafka, transport, timeoutMs } = options;
  const asked = new Map<string, Promise<boolean>>();
  const refusedUntilMs = new Map<string, number>();
  let refusedLogins = 0;

  function isRefused(key: string): boolean {
    if (performance.now() < (refusedUntilMs.get(key) ?? 0)) return true;
    refusedUntilMs.delete(key);
    return false;
  }

  function refuse(login: KafkaLogin, broker: Broker): void {
    refusedLogins++;
    // Forgets those whose time is over.
    [...refusedUntilMs.keys()].forEach(isRefused);
    for (const key of [login.versionId, keyOf(login, broker)]) refusedUntilMs.set(key, performance.now() + refusedMs);
  }

  async function ask(login: KafkaLogin, broker: Broker): Promise<boolean> {
    const { mechanism, username, password } = login;
    const settings = { ...transport, connectTimeout: timeoutMs, sasl: { mechanism, username, password } };
    const probe = Reflect.construct(kafka.Connection, ["rekey", settings]) as Probe;
    // What fails is told to whoever waits for the connection.
    probe.on("error", () => undefined);
    try {
      await probe.connect(broker.host, broker.port);
      return true;
    } catch (error) {
      if (!isRefusal(error)) throw error;
      refuse(login, broker);
      return false;
    } finally {
      await probe.close();
      // After a refusal the driver leaves it to the broker to close.
      probe.socket?.destroy();
    }
  }

  return {
    async accepts(login, broker) {
      const key = keyOf(login, broker);
      if (isRefused(key)) return false;
      const asking = asked.get(key) ?? ask(login, broker).finally(() => asked.delete(key));
      asked.set(key, asking);
      return asking;
    },
    wasRefused: isRefused,
    refuse,
    get refusedLogins() {
      return refusedLogins;
    },
  };
}
