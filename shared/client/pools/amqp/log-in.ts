import { RekeyError } from "../../../errors/rekey-error.ts";
import { credentialCandidates } from "../credential-candidates.ts";
import { assertNames, type FollowedSecret } from "../rotating-options.ts";
import { explainedError } from "../tls-failure.ts";
import { type AmqpLogin, assertUrl, loginOf } from "./amqp-login.ts";
import { explainLogin, isRefusal } from "./login-failure.ts";
import { assertRotatable, type Connect, type RotatableModel } from "./supported-driver.ts";

export interface AmqpLoginSettings<Model> extends Pick<FollowedSecret, "client" | "secretId"> {
  /** amqplib's `connect`, or `(url, options) => connect(url, { ...options, noDelay: true })`. Called for each login. */
  readonly connect: Connect<Model>;
  /** `amqps://host:5671/vhost?heartbeat=30`, without a user, in place of the secret's `host`, `port` and `ssl`. */
  readonly url?: string;
  /** How long the broker may take to answer a login. Default: 5,000. */
  readonly loginTimeoutMs?: number;
}

export interface LoggedIn<Model> {
  readonly versionId: string;
  readonly model: Model;
  readonly login: AmqpLogin;
}

export interface LoggingIn<Model> {
  /** With AWSCURRENT, or AWSPENDING where that is refused. Errors: the client's, the driver's, `credential-refused`, `tls-refused`, `option-invalid`, `driver-unsupported`. */
  logIn(): Promise<LoggedIn<Model>>;
  readonly refusedLogins: number;
}

const names = ["client", "secretId", "connect", "url", "loginTimeoutMs"] satisfies (keyof AmqpLoginSettings<never>)[];

/** `more`: the names of further options. Errors: `option-invalid`, also for options of other names. */
export function loggingIn<Model extends RotatableModel>(
  settings: AmqpLoginSettings<Model>,
  more: Iterable<string>,
): LoggingIn<Model> {
  assertNames(
    settings,
    new Set([...names, ...more]),
    (name) =>
      `remove ${name}; amqplib's own options belong in connect: (url, options) => amqp.connect(url, { ...options, noDelay: true })`,
  );
  const { client, secretId, connect, url, loginTimeoutMs = 5_000 } = settings;
  if (url !== undefined) assertUrl(url);
  let refusedLogins = 0;

  async function connected({ url: address, options }: AmqpLogin): Promise<Model> {
    let isUsed = false;
    const { credentials } = options;
    const response = (): Buffer => {
      isUsed = true;
      return credentials.response();
    };
    const model = await connect(address, { ...options, credentials: { ...credentials, response } });
    try {
      assertRotatable(model);
      if (!isUsed) {
        throw new RekeyError("option-invalid", {
          context: { option: "connect", problem: "does not log in by options.credentials" },
          hint: "connect: (url, options) => amqp.connect(url, { ...options })",
        });
      }
    } catch (error) {
      await Promise.resolve(Reflect.get(Object(model) as object, "close")?.call(model)).catch(() => undefined);
      throw error;
    }
    return model;
  }

  return {
    async logIn() {
      const refused = new Set<string>();
      let last: unknown;
      for await (const version of credentialCandidates(client, secretId, refused)) {
        const login = loginOf(version, { url, loginTimeoutMs });
        try {
          return { versionId: version.versionId, model: await connected(login), login };
        } catch (error) {
          last = error;
          if (!isRefusal(error)) break;
          refusedLogins++;
          refused.add(version.versionId);
        }
      }
      const explanation = explainLogin(last);
      throw explanation === undefined ? last : explainedError(secretId, explanation);
    },
    get refusedLogins() {
      return refusedLogins;
    },
  };
}
