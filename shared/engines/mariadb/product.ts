import type { Product } from "../mysql-family/product.ts";

/** The oldest version that rekey supports, by product. */
export const oldestVersions = { MariaDB: "10.6" } as const;

/** The servers that the engine contract is kept on, each with its test in `tests/engines`. */
export const testedOn = {
  "MariaDB 10.11": "mariadb.test.ts",
} as const;

export const product: Product = {
  name: "MariaDB",
  readOnly: ["read_only", "innodb_read_only"],
  replicaStatus: "SHOW ALL SLAVES STATUS",
  accountTables: ["user", "global_priv"],
  // It waits for its own tables whatever `lock_wait_timeout` says, and that is all that a statement can spend time on.
  settings: "max_statement_time = 8, tx_read_only = 0, old_mode = '', old_passwords = 0, slow_query_log = 0",
  facts:
    "@@global.strict_password_validation AS isStrict, @@global.general_log + @@global.performance_schema AS logs, " +
    "@@global.log_bin AS binaryLog, (SELECT GROUP_CONCAT(PLUGIN_NAME) FROM information_schema.PLUGINS WHERE " +
    "PLUGIN_TYPE = 'PASSWORD VALIDATION' AND PLUGIN_STATUS = 'ACTIVE') AS validators, " +
    "(SELECT CONVERT(JSON_ARRAYAGG(ROLE_NAME) USING utf8mb4) FROM information_schema.APPLICABLE_ROLES) AS roles",
};

/** What `product.facts` tells. */
export interface Facts {
  readonly isStrict?: number;
  /** Whether something keeps the text of every statement. */
  readonly logs?: number;
  readonly binaryLog?: number;
  /** Plugins that check passwords, with commas between. */
  readonly validators?: string | null;
  /** The roles that the session's user may take on, as a JSON array. */
  readonly roles?: unknown;
}
