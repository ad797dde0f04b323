import { RekeyError } from "../../errors/rekey-error.ts";
import type { Connection } from "./connection.ts";

export type Command = Readonly<Record<string, unknown>>;

/** A connection that keeps its commands and answers each from the list, a number being a server's error code. */
export function scripted(answers: readonly (object | number)[]): {
  readonly connection: Connection;
  readonly commands: Command[];
  readonly databases: string[];
} {
  const commands: Command[] = [];
  const databases: string[] = [];
  return {
    commands,
    databases,
    connection: {
      async run(operation, database, command) {
        const answer = answers[commands.length] ?? {};
        commands.push(command);
        databases.push(database);
        if (typeof answer !== "number") return answer;
        throw new RekeyError(answer === 13 ? "database-rights-missing" : "database-failed", {
          context: { operation, serverCode: answer },
        });
      },
      close() {},
    },
  };
}
