import pg from "pg";
import { poolerAnswer } from "../../engines/postgres/pooler-answers.ts";

/** A wrong password, or a user that may not log in any more. */
const refusals: ReadonlySet<string | undefined> = new Set(["28P01", "28000"]);

/**
 * Whether the server, or a pooler before it, refused this login, which it says before any query was sent. PgBouncer has one
 * SQLSTATE for everything; that its own login to the server was refused also means that there is a newer credential.
 */
export function isRefusedLogin(error: unknown): boolean {
  if (!(error instanceof pg.DatabaseError)) return false;
  if (error.code !== "08P01") return refusals.has(error.code);
  const answer = poolerAnswer(error.message);
  return answer === undefined || answer === "server refuses" || answer === "no LOGIN";
}
