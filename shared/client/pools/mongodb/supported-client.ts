import { RekeyError } from "../../../errors/rekey-error.ts";
import type { MongoLogin } from "./mongo-login.ts";

/** What is needed of the MongoClient that `createClient` makes. */
export interface RotatableMongo {
  connect(): Promise<unknown>;
  close(): Promise<void>;
  db(name?: string): object;
}

/** The parts of a login that the driver's providers read and write. */
export interface AuthContext {
  credentials: object | undefined;
  nonce?: Uint8Array;
  response?: object | undefined;
}

export interface AuthProvider {
  prepare(handshake: object, context: AuthContext): Promise<object>;
  auth(context: AuthContext): Promise<void>;
}

/** The place in a MongoClient from which each of its connections takes what logs it in: `client.s`, since 6.4. */
export interface LoginPlace {
  authProviders: { getOrCreateProvider(mechanism: string, properties: object): AuthProvider | undefined };
}

/** The mechanisms that take a user name and a password. */
const mechanisms: ReadonlySet<unknown> = new Set(["DEFAULT", "SCRAM-SHA-1", "SCRAM-SHA-256", "PLAIN"]);

export const member = (value: unknown, name: PropertyKey): unknown => Reflect.get(Object(value) as object, name);

const invalid = (problem: string, hint: string): RekeyError =>
  new RekeyError("option-invalid", { context: { option: "createClient", problem }, hint });

const asGiven =
  "createClient: (url, options) => new MongoClient(url, { ...options, maxPoolSize: 20 }), without a user, a password or another mechanism";

/**
 * That the client logs in as `login` says and in no other way, and where its logins are made.
 * Errors: `driver-unsupported`, `option-invalid`; the client is not connected then.
 */
export function loginPlace(client: unknown, login: MongoLogin): LoginPlace {
  const place = member(client, "s");
  const hasProviders = typeof member(member(place, "authProviders"), "getOrCreateProvider") === "function";
  const isClient = ["connect", "close", "db", "startSession", "on"].every(
    (name) => typeof member(client, name) === "function",
  );
  if (typeof member(client, "then") === "function") throw invalid("returns a promise", asGiven);
  if (!isClient || !hasProviders) {
    throw new RekeyError("driver-unsupported", {
      context: { driver: "mongodb", found: isClient ? "below 6.4" : "another client", supported: "6.4.0 to 7.x" },
      hint: "npm install mongodb@7, or mongoose@9, and give what new MongoClient makes",
    });
  }
  if (member(client, "topology") !== undefined)
    throw invalid("returns a client that is connected", "return a new client at each call, and leave it to connect");
  const options = member(client, "options");
  const credentials = member(options, "credentials");
  const isOurs =
    member(credentials, "username") === login.auth.username && member(credentials, "password") === login.auth.password;
  if (!isOurs || !mechanisms.has(member(credentials, "mechanism")))
    throw invalid("does not log in by options.auth", asGiven);
  if (member(options, "autoEncryption") !== undefined)
    throw invalid(
      "has autoEncryption",
      "the driver makes further clients for it, which cannot rotate: encrypt explicitly",
    );
  return place as LoginPlace;
}
