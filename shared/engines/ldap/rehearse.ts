import { randomBytes } from "node:crypto";
import { BerWriter, Control, NotFilter, PresenceFilter } from "ldapts";
import type { CallOptions } from "../../ports/call.ts";
import { userPassword } from "./account.ts";
import type { Connection } from "./connection.ts";
import { resultError } from "./translate-error.ts";

const octets = 0x04;
const noSuchAttribute = 16;
const assertionFailed = 122;

/** A request with it is carried out only where its filter holds. Source: RFC 4528. */
const assertionControl = "1.3.6.1.1.12";

/** Holds for no entry, as each one has an object class. */
class NeverHolds extends Control {
  constructor() {
    super(assertionControl, { critical: true });
  }

  override writeControl(writer: BerWriter): void {
    const filter = new BerWriter();
    new NotFilter({ filter: new PresenceFilter({ attribute: "objectClass" }) }).write(filter);
    writer.writeBuffer(filter.buffer, octets);
  }
}

/**
 * Asks to take off a value that no user has, which fails as such only after the server has looked at the session's rights.
 * Errors: those of `resultError`.
 */
export async function requireRight(connection: Connection, dn: string, call: CallOptions): Promise<void> {
  const nobodys = { operation: "delete", values: [randomBytes(32)] } as const;
  const result = await connection.modify(dn, userPassword, [nobodys], call);
  if (result.code !== noSuchAttribute) throw resultError(result, "rehearse");
}

/**
 * The connection, whose changes go to the server and take no effect: a password policy looks at each one before the server sees
 * that its condition does not hold. `undefined` for a server that does not know conditions.
 */
export async function rehearsing(connection: Connection, call: CallOptions): Promise<Connection | undefined> {
  const root = await connection.read("", ["supportedControl"], call);
  const controls = root?.get("supportedcontrol") ?? [];
  if (!controls.some((control) => control.toString("latin1") === assertionControl)) return undefined;
  return {
    ...connection,
    async modify(dn, attribute, changes, options) {
      const result = await connection.modify(dn, attribute, changes, options, new NeverHolds());
      return result.code === assertionFailed ? { ...result, code: 0 } : result;
    },
  };
}
