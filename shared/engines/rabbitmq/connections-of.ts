import { memberAt } from "../../answers/member-at.ts";
import { isRekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions } from "../../ports/call.ts";
import type { HeldConnection } from "../../ports/held-connections.ts";
import { defined } from "../../secrets/defined.ts";
import type { Management } from "./management.ts";

const textAt = (value: unknown, ...path: readonly string[]): string | undefined => {
  const found = memberAt(value, ...path);
  return typeof found === "string" && found !== "" ? found : undefined;
};

const columns = "user_provided_name,client_properties.product,peer_host,connected_at";

/** `undefined` where the session may not see other users' connections. Source: `/api/connections/username` of the management API. */
export async function connectionsOf(
  management: Management,
  username: string,
  call: CallOptions,
): Promise<readonly HeldConnection[] | undefined> {
  let list: unknown;
  try {
    list = await management.read(
      "read connections",
      `connections/username/${encodeURIComponent(username)}?columns=${columns}`,
      call,
    );
  } catch (error) {
    if (isRekeyError(error, "database-rights-missing")) return undefined;
    throw error;
  }
  return (Array.isArray(list) ? list : []).map((one: unknown) => {
    const connectedAt = memberAt(one, "connected_at");
    return defined({
      application: textAt(one, "user_provided_name") ?? textAt(one, "client_properties", "product"),
      address: textAt(one, "peer_host"),
      since: typeof connectedAt === "number" ? new Date(connectedAt) : undefined,
    });
  });
}
