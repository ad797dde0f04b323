import { execFile } from "node:child_process";
import type { PgRow } from "./subject.ts";

const child = new URL("../../../support/process/pool-child.ts", import.meta.url).pathname;

/** What a process of the service prints, and how it ends. */
const processOf =
  (what: string): PgRow["run"] =>
  async ({ isDriver, login: { host, port, user, password } }) =>
    new Promise((resolve) => {
      const args = [child, isDriver ? "driver" : "ours", what, host, String(port), user, password];
      execFile(process.execPath, args, { timeout: 20_000 }, (error, stdout) => resolve([error?.code ?? 0, stdout]));
    });

export const processes: readonly PgRow[] = [
  { name: "allowExitOnIdle", covers: ["allowExitOnIdle"], run: processOf("exits") },
  {
    name: "a process without a listener of error, when an idle client is lost",
    covers: ["error"],
    run: processOf("an idle client is lost"),
  },
  {
    name: "a listener of connect that throws",
    covers: ["connect"],
    run: processOf("a listener of connect throws"),
  },
  {
    name: "a listener of release that throws",
    covers: ["release"],
    run: processOf("a listener of release throws"),
  },
  {
    name: "a listener of remove that throws",
    covers: ["remove"],
    run: processOf("a listener of remove throws"),
  },
];
