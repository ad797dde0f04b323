import { isRekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions, Credential } from "../../rotation/ports.ts";
import type { Connection } from "./connection.ts";
import { readUsers, type UserInfo } from "./users.ts";

/** A change that a majority has is not lost when another member becomes the primary. */
export const durably = { writeConcern: { w: "majority", wtimeout: 5_000 } } as const;

/**
 * updateUser and createUser take the password itself (`digestPassword` is true unless said otherwise); with false they would
 * take MongoDB's own MD5 digest, for SCRAM-SHA-1 alone. There is no form for a SCRAM verifier that was computed elsewhere,
 * so the text is sent, over TLS that is verified unless the secret says `ssl: false`; the server redacts it in its log.
 */
export const textOf = ({ password }: Credential): { readonly pwd: string } => ({ pwd: password.reveal() });

/** A new password brings every mechanism of the server with it, unless the command names those that the user has. */
export const mechanismsOf = (user: UserInfo | undefined): { readonly mechanisms?: readonly string[] } =>
  user?.mechanisms === undefined ? {} : { mechanisms: user.mechanisms };

/** Errors: `database-rights-missing`, `credential-refused` for a user that is not in this database, `database-read-only`. */
export async function setPassword(
  connection: Connection,
  database: string,
  credential: Credential,
  call: CallOptions,
): Promise<void> {
  const [user] = await readUsers(connection, database, [credential.username], call).catch((error: unknown) => {
    if (isRekeyError(error, "database-rights-missing")) return [];
    throw error;
  });
  const command = { updateUser: credential.username, ...textOf(credential), ...mechanismsOf(user), ...durably };
  await connection.run("set password", database, command, call);
}
