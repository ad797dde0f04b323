import { strategiesOn } from "../../functions/rotate-mysql/rotation.ts";
import { mysqlEngine } from "../../shared/engines/mysql/mysql-engine.ts";
import { createAuthority } from "../../shared/testing/engine-contract/certificates.ts";
import type { EngineFixture } from "../../shared/testing/engine-contract/fixture.ts";
import { contractServer, holdMysql, mysqlProduct } from "./mysql-fixture.ts";
import { startMysqlServer } from "./mysql-servers.ts";

const noWeakerMode = "its users log in over verified TLS or not at all";
/** Every statement next to the log too, and as little work for each login as the server allows. */
const settings = [
  "--performance-schema-consumer-events-statements-history-long=ON",
  "--caching-sha2-password-digest-rounds=5000",
];

/** MySQL by this program; it has TLS at any time, by a certificate of an authority of the fixture's own. */
export function mysqlFixture(binary: string): EngineFixture {
  const engine = mysqlEngine();
  const authority = createAuthority("the contract's own");
  return {
    name: "MySQL 9",
    engine,
    strategies: strategiesOn(engine).strategies,
    variants: [
      { strategy: "single-user", usesAdmin: false },
      { strategy: "alternating-users", usesAdmin: true },
      { strategy: "dual-password", usesAdmin: true },
      { strategy: "dual-password", usesAdmin: false },
    ],
    exemptions: [
      { clause: "tls-absent", reason: `${noWeakerMode}; refusals.test.ts has another authority's certificate` },
      { clause: "tls-not-verified", reason: noWeakerMode },
      { clause: "clear-password-asked", reason: `${noWeakerMode}; cleartext.test.ts asks without it` },
      { clause: "expired", strategy: "alternating-users", reason: "the idle user's new password ends its expiry" },
    ],
    hold: holdMysql,
    start: async (certificate = authority.issue({ addresses: ["127.0.0.1"], names: ["localhost"] })) =>
      contractServer(
        await startMysqlServer("mysql", binary, { certificate, settings }),
        mysqlProduct(authority.certificate),
      ),
  };
}
