import type { LiveServer } from "./live-server.ts";
import { mongodb } from "./servers/mongodb.ts";
import { mariadb, mysql } from "./servers/mysql.ts";
import { oracle } from "./servers/oracle.ts";
import { postgres } from "./servers/postgres.ts";
import { redshift } from "./servers/redshift.ts";
import { sqlserver } from "./servers/sqlserver.ts";

/** Every kind of server that can be certified, by the folder of its rotation function. */
export const liveServers: Readonly<Record<string, LiveServer>> = {
  "rotate-mariadb": mariadb,
  "rotate-mongodb": mongodb,
  "rotate-mysql": mysql,
  "rotate-oracle": oracle,
  "rotate-postgres": postgres,
  "rotate-redshift": redshift,
  "rotate-sqlserver": sqlserver,
};
