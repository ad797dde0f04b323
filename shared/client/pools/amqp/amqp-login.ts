import { RekeyError } from "../../../errors/rekey-error.ts";
import { type LoginSecret, parseLoginSecret } from "../../../secrets/database-secret.ts";
import type { SourceVersion } from "../../sources/secret-source.ts";
import { serverHost, type TlsOptions, tlsOptions } from "../server-settings.ts";

/** SASL's PLAIN, which is what RabbitMQ takes a user name and a password by. */
export interface AmqpCredentials {
  readonly mechanism: string;
  readonly username: string;
  readonly password: string;
  response(): Buffer;
}

/** The second argument of amqplib's `connect`. */
export interface AmqpLoginOptions extends Partial<TlsOptions> {
  readonly credentials: AmqpCredentials;
  /** Milliseconds for the socket and the login together. */
  readonly timeout: number;
}

/** The arguments of amqplib's `connect`. The URL has no user and no password in it. */
export interface AmqpLogin {
  readonly url: string;
  readonly options: AmqpLoginOptions;
}

const amqpPorts: ReadonlySet<number | undefined> = new Set([5671, 5672]);

const invalidUrl = (problem: string, hint: string): RekeyError =>
  new RekeyError("option-invalid", { context: { option: "url", problem }, hint });

/** Errors: `option-invalid` for what is no address of a broker, or has a user or a password in it. */
export function assertUrl(text: string): void {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^amqps?:$/.test(url.protocol))
    throw invalidUrl("not an address of a broker", 'write "amqps://host:5671/vhost"');
  if (url.username !== "" || url.password !== "")
    throw invalidUrl("has a user or a password", "remove them: the user and the password are the secret's");
}

/** The secret's port may be that of the management API, which rotations use. */
function urlOf(secret: LoginSecret): string {
  const host = serverHost(secret, undefined, "url");
  const isPlain = secret.tlsMode === "disable";
  const port = amqpPorts.has(secret.port) ? secret.port : isPlain ? 5672 : 5671;
  return `${isPlain ? "amqp" : "amqps"}://${host.includes(":") ? `[${host}]` : host}:${port}`;
}

/** How to log in with this version, there or where the secret says. Errors: `secret-malformed`, `secret-binary`. */
export function loginOf(
  { value }: SourceVersion,
  settings: { readonly url: string | undefined; readonly loginTimeoutMs: number },
): AmqpLogin {
  const secret = parseLoginSecret(value);
  const { url = urlOf(secret), loginTimeoutMs: timeout } = settings;
  const { username } = secret;
  const password = secret.password.reveal();
  const response = (): Buffer => Buffer.from(["", username, password].join("\0"));
  const tls = url.startsWith("amqps:") ? tlsOptions(secret) : undefined;
  return { url, options: { ...tls, timeout, credentials: { mechanism: "PLAIN", username, password, response } } };
}
