import type { LookupAddress } from "node:dns";
import { expect, test } from "vitest";
import { isPublicAddress, lookupPublic } from "./public-address.ts";

test.each([
  "1.1.1.1",
  "9.255.255.255",
  "100.63.255.255",
  "172.32.0.1",
  "192.0.1.1",
  "223.255.255.255",
  "2606:4700::1111",
  "2a00::1",
])("%s is public", (address) => {
  expect(isPublicAddress(address)).toBe(true);
});

test.each([
  "0.0.0.0",
  "10.255.255.255",
  "100.127.255.255",
  "127.8.8.8",
  "169.254.170.2",
  "172.31.255.255",
  "192.168.0.1",
  "198.19.0.1",
  "239.1.1.1",
  "255.255.255.255",
  "::",
  "::1",
  "::ffff:8.8.8.8",
  "::127.0.0.1",
  "64:ff9b::8.8.8.8",
  "2001::1",
  "2001:db8::1",
  "2002:7f00:1::",
  "fc00::1",
  "fd00:ec2::254",
  "fe80::1",
  "ff02::1",
  "not an address",
])("%s is not", (address) => {
  expect(isPublicAddress(address)).toBe(false);
});

const lookedUp = async (hostname: string, all: boolean): Promise<unknown> =>
  new Promise((resolve) => {
    lookupPublic(hostname, { all }, (error, address: string | LookupAddress[]) => resolve(error ?? address));
  });

test.each([true, false])(
  "a name is resolved and refused for where it leads (all addresses asked for: %s)",
  async (all) => {
    expect(await lookedUp("localhost", all)).toMatchObject({ code: "ERR_INTERNAL_ADDRESS" });
    expect(await lookedUp("9.9.9.9", all)).toEqual(all ? [{ address: "9.9.9.9", family: 4 }] : "9.9.9.9");
    expect(await lookedUp("no-such-host.invalid", all)).toMatchObject({ code: expect.stringMatching(/^E/) });
  },
);
