/** What differs between the two servers before an account is looked at. */
export interface Product {
  readonly name: "MariaDB" | "MySQL";
  /** The settings of which one makes the server read-only. */
  readonly readOnly: readonly string[];
  readonly replicaStatus: string;
  /** The tables that hold what rekey reads of accounts, in the database `mysql`. */
  readonly accountTables: readonly string[];
  /** Settings of a session that only this server has, for `SET SESSION`. */
  readonly settings: string;
  /** Puts the rights of every role of the session's user in force, where the server can have several in force. */
  readonly activateRoles?: string;
  /** Columns that tell how this server takes passwords, which every session may read. */
  readonly facts: string;
}
