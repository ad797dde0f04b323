import type { AddressInfo } from "node:net";
import { createAdaptorServer } from "@hono/node-server";
import { RekeyError } from "../../shared/errors/rekey-error.ts";
import { fleetIndex } from "../../shared/operations/fleet/fleet-index.ts";
import type { CallOptions } from "../../shared/ports/call.ts";
import { type Backend, consoleApp } from "./app.ts";
import { readAssets } from "./assets.ts";
import { campaigns } from "./campaigns.ts";
import { sessions } from "./sessions.ts";

export interface ConsoleOptions extends Backend {
  /** 0 takes a free one. */
  readonly port: number;
  /** Where the built page is. */
  readonly folder: string;
}

export interface Console {
  /** One that is opened once, in the next ten minutes. */
  newAddress(): string;
  /** Campaigns that this console follows begin nothing more; what Secrets Manager has begun goes on. Idempotent. */
  stop(): Promise<void>;
}

/** Serves the console on loopback, and nowhere else. Errors: `option-invalid` for a port that cannot be listened on. */
export async function startConsole({ port, folder, ...backend }: ConsoleOptions): Promise<Console> {
  const ended = new AbortController();
  const call: CallOptions = { signal: ended.signal };
  const index = fleetIndex(backend.ports);
  const changed = (secretArn: string): void => {
    // If this fails, the next reading of the list has the change.
    index.refresh(secretArn, call).catch(() => undefined);
  };
  const known = sessions();
  const ofAll = campaigns(backend.ports, changed);
  let bound = port;
  const app = consoleApp(
    backend,
    { index, campaigns: ofAll, sessions: known, changed, end: ended.signal },
    { assets: await readAssets(folder), port: () => bound },
  );
  const server = createAdaptorServer({ fetch: app.fetch });
  await new Promise<void>((resolve, reject) => {
    server.once("error", ({ code }: NodeJS.ErrnoException) =>
      reject(
        new RekeyError("option-invalid", {
          context: { option: "port", port, problem: code },
          hint: "use a port that is free, or none",
        }),
      ),
    );
    server.listen(port, "127.0.0.1", resolve);
  });
  ({ port: bound } = server.address() as AddressInfo);
  const reading = index.keepReading(call);
  return {
    newAddress: () => `http://127.0.0.1:${bound}/#token=${known.newToken()}`,
    async stop() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      ended.abort();
      if ("closeAllConnections" in server) server.closeAllConnections();
      await Promise.all([closed, reading, ofAll.end()]);
    },
  };
}
