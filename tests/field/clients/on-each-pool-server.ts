import { describe } from "vitest";
import { type PoolServer, poolServers } from "../../support/pool-servers.ts";

/** The same cases on each server; they are skipped on one that is not installed here. */
export function onEachPoolServer(what: string, body: (start: () => Promise<PoolServer>) => void): void {
  for (const { name, absent, start } of poolServers) {
    describe.skipIf(absent)(`${name}: ${what}`, () => {
      body(start);
    });
  }
}
