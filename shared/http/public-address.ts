import { lookup as resolve, type LookupAddress, type LookupOptions } from "node:dns";
import { BlockList, isIP } from "node:net";

/** Everything that is not the public internet: IANA's special-purpose registries, and multicast. */
const internal = new BlockList();
for (const [network, bits] of [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 3],
] as const)
  internal.addSubnet(network, bits, "ipv4");
// Tunnels carry an IPv4 address of anybody's choice inside: Teredo and its neighbors, 6to4.
for (const [network, bits] of [
  ["2001::", 23],
  ["2001:db8::", 32],
  ["2002::", 16],
  ["3fff::", 20],
] as const)
  internal.addSubnet(network, bits, "ipv6");

/** Where IPv6 gives out public addresses; mapped, translated, local and multicast ones lie outside. */
const globalUnicast = new BlockList();
globalUnicast.addSubnet("2000::", 3, "ipv6");

/** Whether an IP address is of the public internet. */
export function isPublicAddress(address: string): boolean {
  switch (isIP(address)) {
    case 4:
      return !internal.check(address, "ipv4");
    case 6:
      return globalUnicast.check(address, "ipv6") && !internal.check(address, "ipv6");
    default:
      return false;
  }
}

/** The `code` of the error that a connection to an internal address ends with. */
export const internalAddress = "ERR_INTERNAL_ADDRESS";

export const refusedAddress = (): Error => Object.assign(new Error("an internal address"), { code: internalAddress });

type Found = (error: Error | null, address: string | LookupAddress[], family?: number) => void;

/**
 * For `net.connect`: resolves a name, and refuses it where any of its addresses is internal. The connection is made to what was
 * checked here, so a name that changes in between gains nothing.
 */
export function lookupPublic(hostname: string, options: LookupOptions, done: Found): void {
  resolve(hostname, { ...options, all: true }, (error, addresses) => {
    if (error !== null) return done(error, []);
    const [first] = addresses;
    if (first === undefined || !addresses.every(({ address }) => isPublicAddress(address)))
      return done(refusedAddress(), []);
    if (options.all === true) done(null, addresses);
    else done(null, first.address, first.family);
  });
}
