import type { Broker, KafkaLogin } from "./kafka-login.ts";
import { isRefusal } from "./login-failure.ts";
import type { KafkaDriver } from "./supported-driver.ts";

/** How long a refused credential is not offered again: longer than the driver takes to give an operation up. */
const refusedMs = 5_000;

interface Probe {
  connect(host: string, port: number): Promise<void>;
  close(): Promise<void>;
  on(event: "error", listener: () => void): unknown;
  readonly socket?: { destroy(): void };
}

export interface Proving {
  /** Whether the broker takes the login, which a connection of its own asks. Whoever asks meanwhile shares the answer. Errors: the driver's. */
  accepts(login: KafkaLogin, broker: Broker): Promise<boolean>;
  /** Whether this version was refused a moment ago. */
  hasRefused(versionId: string): boolean;
  /** A broker turned the login down. */
  refuse(versionId: string): void;
  readonly refusedLogins: number;
}

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

  function hasRefused(versionId: string): boolean {
    if (performance.now() < (refusedUntilMs.get(versionId) ?? 0)) return true;
    refusedUntilMs.delete(versionId);
    return false;
  }

  function refuse(versionId: string): void {
    refusedLogins++;
    refusedUntilMs.set(versionId, performance.now() + refusedMs);
  }

  async function ask({ versionId, ...sasl }: KafkaLogin, { host, port }: Broker): Promise<boolean> {
    const settings = { ...transport, connectTimeout: timeoutMs, sasl };
    const probe = Reflect.construct(kafka.Connection, ["rekey", settings]) as Probe;
    // What fails is told to whoever waits for the connection.
    probe.on("error", () => undefined);
    try {
      await probe.connect(host, port);
      return true;
    } catch (error) {
      if (!isRefusal(error)) throw error;
      refuse(versionId);
      return false;
    } finally {
      await probe.close();
      // After a refusal the driver leaves it to the broker to close.
      probe.socket?.destroy();
    }
  }

  return {
    async accepts(login, broker) {
      if (hasRefused(login.versionId)) return false;
      const key = JSON.stringify([login.versionId, broker.host, broker.port]);
      const asking = asked.get(key) ?? ask(login, broker).finally(() => asked.delete(key));
      asked.set(key, asking);
      return asking;
    },
    hasRefused,
    refuse,
    get refusedLogins() {
      return refusedLogins;
    },
  };
}
