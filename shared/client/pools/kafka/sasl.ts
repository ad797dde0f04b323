import { RekeyError } from "../../../errors/rekey-error.ts";
import type { CurrentLogin } from "./current-login.ts";
import type { Broker, KafkaLogin, Mechanism } from "./kafka-login.ts";
import { isRefusal } from "./login-failure.ts";
import type { Proving } from "./proving.ts";
import type { KafkaConnection, KafkaDriver } from "./supported-driver.ts";

type Callback = (...given: never[]) => unknown;

/** `sasl` of the driver. It holds no credential. */
export interface RotatingSasl {
  /** That of the newest credential. */
  readonly mechanism: Mechanism;
  readonly authenticate: (
    mechanism: string,
    connection: KafkaConnection,
    request: Callback,
    username: unknown,
    password: unknown,
    token: unknown,
    callback: Callback,
  ) => void;
}

/** How each connection logs in, and logs in again. Source: KIP-368 for what a connection may not change then. */
export function rotatingSasl(options: {
  readonly kafka: KafkaDriver;
  readonly secretId: string;
  readonly login: CurrentLogin;
  readonly prover: Proving;
}): RotatingSasl {
  const { kafka, secretId, login: current, prover } = options;
  /** As whom each connection is logged in. */
  const sessions = new WeakMap<object, KafkaLogin>();

  /** The driver makes a connection again for this error, and for none of its own errors of a login. */
  const again = (reason: string): RekeyError =>
    new RekeyError("connection-lost", {
      context: { secret: secretId, reason },
      hint: "the driver makes another connection: leave its option retries above 0",
    });

  const guarded = new WeakSet<KafkaConnection>();

  /**
   * The driver listens for one error of a connection. One that breaks while a login waits behind other requests has two, and the
   * second would end the process.
   */
  function guard(connection: KafkaConnection): void {
    if (guarded.has(connection)) return;
    guarded.add(connection);
    connection.on("error", () => undefined);
  }

  const brokerOf = ({ host = "", port = 0 }: KafkaConnection): Broker => ({ host, port });

  async function credentialFor(connection: KafkaConnection, mechanism: string): Promise<KafkaLogin> {
    const login = await current.acceptedFor(mechanism, brokerOf(connection));
    const session = sessions.get(connection) ?? login;
    const isSame = session.username === login.username && session.mechanism === login.mechanism;
    if (isSame && login.mechanism === mechanism) return login;
    throw again("the user or the mechanism has changed");
  }

  return {
    get mechanism() {
      return current.newest.mechanism;
    },
    authenticate(mechanism, connection, request, _username, _password, _token, done) {
      guard(connection);
      const tell = (...outcome: unknown[]): void => void Reflect.apply(done, undefined, outcome);
      const offer = (login: KafkaLogin): void => {
        const { username, password } = login;
        const answered = (error: unknown, response: unknown): void => {
          if (!(error instanceof Error)) sessions.set(connection, login);
          if (!isRefusal(error)) return tell(error, response);
          prover.refuse(login, brokerOf(connection));
          tell(again("the credential was replaced meanwhile"));
        };
        const { authenticate } = mechanism === "PLAIN" ? kafka.saslPlain : kafka.saslScramSha;
        const asSha = mechanism === "PLAIN" ? [] : [mechanism.replace("SCRAM-", "")];
        const crypto = mechanism === "PLAIN" ? [] : [undefined];
        Reflect.apply(authenticate, undefined, [
          request,
          connection,
          ...asSha,
          username,
          password,
          ...crypto,
          answered,
        ]);
      };
      credentialFor(connection, mechanism).then(offer).catch(tell);
    },
  };
}
