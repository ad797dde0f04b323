import { once } from "node:events";
import { createServer } from "node:http";
import type { Clock } from "../clock.ts";
import { allowedHosts, turnedAway } from "../outside-callers.ts";
import { type VaultFaults, vaultFaults } from "./faults.ts";
import { resendList } from "./list-method.ts";
import { vaultRequestHandler } from "./request-handler.ts";

export interface LocalVault {
  /** `http://127.0.0.1:<port>`, for `VAULT_ADDR`. */
  readonly address: string;
  readonly port: number;
  readonly rootToken: string;
  readonly faults: VaultFaults;
  /** Ends every connection. */
  stop(): Promise<void>;
}

/**
 * Starts Vault's HTTP API on loopback: KV version 1 and 2, tokens, AppRole and AWS logins, policies, health; in memory, with
 * KV version 2 at `secret/` as `vault server -dev` has it. Time is the clock's. Port 0, which is the default, takes a free
 * one. A web page's requests are refused. Errors: `option-invalid`.
 */
export async function startVault(options: {
  readonly clock: Clock;
  readonly port?: number;
  readonly rootToken?: string;
  /** Names that requests may give this host, besides those of loopback: `name` or `name:port`. */
  readonly allowedHosts?: readonly string[];
}): Promise<LocalVault> {
  const { clock, port = 0, rootToken = "root" } = options;
  const hosts = allowedHosts(options.allowedHosts ?? []);
  const faults = vaultFaults();
  const handle = vaultRequestHandler({ rootToken, clock, faults });
  const server = createServer((request, response) => {
    if (!turnedAway(request, response, hosts)) void handle(request, response);
  });
  const boundPort = (): number => {
    const bound = server.address();
    return bound === null || typeof bound === "string" ? port : bound.port;
  };
  server.on("clientError", (error, socket) => {
    if (!resendList(error, socket, boundPort())) socket.destroy();
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  return {
    address: `http://127.0.0.1:${boundPort()}`,
    port: boundPort(),
    rootToken,
    faults,
    async stop() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
