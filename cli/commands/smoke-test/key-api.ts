import { createHash, randomBytes } from "node:crypto";
import { keyTable } from "./key-api/key-table.ts";
import { keyApiTemplate } from "./key-api-template.ts";
import type { SmokeClients } from "./clients.ts";
import type { SmokeNames } from "./smoke-names.ts";
import type { SmokeStacks } from "./stacks.ts";
import type { CallOptions } from "../../../shared/ports/call.ts";

export interface KeyApi {
  readonly origin: string;
  /** A first key, as the value of a secret. Its account has no other one then. */
  newSecret(): Promise<string>;
}

export async function makeKeyApi(
  {
    stacks,
    dynamoDb,
    names,
  }: { readonly stacks: SmokeStacks; readonly dynamoDb: SmokeClients["dynamoDb"]; readonly names: SmokeNames },
  call: CallOptions,
): Promise<KeyApi> {
  const body = JSON.stringify(keyApiTemplate(names.bucket));
  const outputs = await stacks.make({ name: names.stack("keys"), source: { body }, parameters: {} }, call);
  const { protocol, hostname, port, origin } = new URL(outputs["Url"] ?? "");
  const table = keyTable(dynamoDb, outputs["TableName"] ?? "");
  return {
    origin,
    async newSecret() {
      for (const [id, digest] of await table.all()) await table.remove(id, digest);
      const [username, password] = [randomBytes(8).toString("hex"), randomBytes(24).toString("hex")];
      await table.add(username, createHash("sha256").update(password).digest("hex"));
      const at = {
        host: hostname,
        port: Number(port === "" ? 443 : port),
        ...(protocol === "http:" ? { ssl: false } : {}),
      };
      return JSON.stringify({ engine: "http-api-key", ...at, username, password });
    },
  };
}
