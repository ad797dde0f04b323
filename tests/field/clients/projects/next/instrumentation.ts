import { fakeSecretClient } from "rekey/testing";

/** The start of the server is a bundle of its own, with a copy of rekey in it. */
export function register(): void {
  const [first = {}] = JSON.parse(process.env["ORDERS"] || "[]") as object[];
  Reflect.set(globalThis, "clientOfTheStart", fakeSecretClient({ orders: first }));
}
