import { isRekeyError } from "rekey/client";
import { vaultSource } from "rekey/client/vault";
import { fakeSecretClient } from "rekey/testing";

const client = fakeSecretClient({ orders: { port: 1 } });
const error: unknown = await client.get("unknown").catch((reason: unknown) => reason);
await client.rotate("orders", { port: 2 });
const { port } = (await client.json("orders")) as { readonly port: number };
process.stdout.write(`port ${port}, ${isRekeyError(error, "secret-not-found")}, ${typeof vaultSource}\n`);
await client.close();
