import type { DatabaseTarget } from "../../shared/ports/database-engine.ts";

/** A server of the tests, which is spoken to without TLS. */
export const loopbackTarget = (of: Pick<DatabaseTarget, "engine"> & Partial<DatabaseTarget>): DatabaseTarget => ({
  host: "127.0.0.1",
  port: 1,
  dbname: "",
  tls: { mode: "disable" },
  options: new Map(),
  ...of,
});
