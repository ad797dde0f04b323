import { isRekeyError, RekeyError, type SecretClient, SecretValue } from "rekey/client";
import { createRotatingPool } from "rekey/client/pg";
import { useRekey as readOrders } from "../../service";

export const dynamic = "force-dynamic";

/** What another bundle made works here, and is known. */
async function useOtherCopy(): Promise<string> {
  const client = Reflect.get(globalThis, "clientOfTheStart") as SecretClient;
  const pool = createRotatingPool({ client, secretId: "orders", pool: { max: 1 } });
  await pool.query("SELECT 1");
  await pool.end();
  const error: unknown = await client.get("unknown").catch((reason: unknown) => reason);
  const { value } = await client.get("orders");
  const equal = value.equals(new SecretValue(value.reveal()));
  return `${error instanceof RekeyError} ${isRekeyError(error, "secret-not-found")} ${value instanceof SecretValue} ${equal}`;
}

export async function GET(): Promise<Response> {
  return new Response(`${await readOrders()}\nof another bundle: ${await useOtherCopy()}\n`);
}
