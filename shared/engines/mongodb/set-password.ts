import { isRekeyError, RekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions } from "../../ports/call.ts";
import type { Credential } from "../../ports/database-engine.ts";
import type { Connection } from "./connection.ts";
import { ifAnswered } from "../inspecting.ts";
import { isUnknownOption, readUsers, type UserInfo } from "./account.ts";

/** A change that a majority has is not lost when another member becomes the primary. */
export const durably = { writeConcern: { w: "majority", wtimeout: 5_000 } } as const;

/**
 * updateUser and createUser take the password itself (`digestPassword` is true unless said otherwise); with false they would
 * take MongoDB's own MD5 digest, for SCRAM-SHA-1 alone. There is no form for a SCRAM verifier that was computed elsewhere,
 * so the text is sent, over TLS that is verified unless the secret says `ssl: false`; the server redacts it in its log.
 */
export const textOf = ({ password }: Credential): { readonly pwd: string } => ({ pwd: password.reveal() });

type Mechanisms = Pick<UserInfo, "mechanisms">;

/**
 * A new password brings every mechanism of the server with it, unless the command names those that the user has. Errors:
 * `account-unsupported` for a user whose password, or whose login without one, is kept elsewhere (LDAP, Kerberos, x.509).
 */
export function mechanismsOf({ mechanisms }: Mechanisms): Mechanisms {
  if (mechanisms === undefined) return {};
  const other = mechanisms.find((mechanism) => !/^SCRAM-SHA-(?:1|256)$/.test(mechanism));
  if (other === undefined) return { mechanisms };
  throw new RekeyError("account-unsupported", { context: { property: "mechanisms", mechanism: other.slice(0, 40) } });
}

/** A user that may not read about itself has its mechanisms from what a server tells every client before the login. */
async function readMechanisms(
  connection: Connection,
  database: string,
  username: string,
  call: CallOptions,
): Promise<Mechanisms> {
  const [user] = await readUsers(connection, database, [username], call).catch(async (error: unknown) => {
    if (!isRekeyError(error, "database-rights-missing")) throw error;
    const hello = { hello: 1, saslSupportedMechs: `${database}.${username}` };
    const told: unknown = (await ifAnswered(connection.run("read users", "admin", hello, call)))?.[
      "saslSupportedMechs"
    ];
    return Array.isArray(told) ? [{ mechanisms: told.map(String) }] : [{}];
  });
  if (user !== undefined) return mechanismsOf(user);
  throw new RekeyError("credential-refused", {
    context: { user: username, problem: "no such user in this database" },
    hint: "the user is not in the database that authSource (or dbname) names",
  });
}

/** The one command that sets a user's password and nothing else. Errors: `account-unsupported`, `credential-refused`. */
export async function planPassword(
  connection: Connection,
  database: string,
  credential: Credential,
  call: CallOptions,
): Promise<{ readonly operation: string; readonly command: { readonly updateUser: string } & Mechanisms }> {
  const mechanisms = await readMechanisms(connection, database, credential.username, call);
  const command = { updateUser: credential.username, ...textOf(credential), ...mechanisms, ...durably };
  return { operation: "set password", command };
}

/**
 * Errors: those of `planPassword`, `database-rights-missing`, `database-read-only`. A server that does not know the option
 * `mechanisms` (DocumentDB) has one mechanism for all.
 */
export async function setPassword(
  connection: Connection,
  database: string,
  credential: Credential,
  call: CallOptions,
): Promise<void> {
  const { operation, command } = await planPassword(connection, database, credential, call);
  try {
    await connection.run(operation, database, command, call);
  } catch (error) {
    if (command.mechanisms === undefined || !isUnknownOption(error)) throw error;
    const { mechanisms: _unknown, ...plain } = command;
    await connection.run(operation, database, plain, call);
  }
}
