import { AsyncLocalStorage } from "node:async_hooks";
import dns from "node:dns";

const led = new AsyncLocalStorage<true>();
let isInstalled = false;

/** Sockets ask `dns.lookup` for a host's address as each connects, whatever driver opens them. */
function install(): void {
  const { lookup } = dns;
  const leading = (host: string, ...rest: unknown[]): unknown =>
    Reflect.apply(lookup, dns, [led.getStore() === true ? "127.0.0.1" : host, ...rest]);
  dns.lookup = Object.assign(leading, lookup);
  isInstalled = true;
}

/**
 * Runs `work` so that every host that it connects to by name is on loopback, where a proxy stands in front of the server. The
 * name stays what it is, so a certificate is verified for the server's true name.
 */
export async function throughLoopback<Result>(work: () => Promise<Result>): Promise<Result> {
  if (!isInstalled) install();
  return led.run(true, work);
}
