import type { Product } from "../mysql-family/product.ts";

/** The oldest version that rekey supports, by product. */
export const oldestVersions = { MySQL: "8.0.21" } as const;

/** The servers that the engine contract is kept on, each with its test in `tests/engines`. */
export const testedOn = {
  "MySQL 9": "mysql.test.ts",
} as const;

export const product: Product = {
  name: "MySQL",
  readOnly: ["read_only", "super_read_only", "innodb_read_only"],
  replicaStatus: "SHOW REPLICA STATUS",
  accountTables: ["user", "global_grants", "proxies_priv"],
  settings: "transaction_read_only = 0, max_execution_time = 8000",
  activateRoles: "SET ROLE ALL",
  facts: "@@global.password_require_current AS requiresCurrent, @@global.activate_all_roles_on_login AS activatesRoles",
};

/** What `product.facts` tells. */
export interface Facts {
  readonly requiresCurrent?: number;
  /** Whether every role of a user is in force from its login on, default or not. */
  readonly activatesRoles?: number;
}
