import { awsAccount } from "../../shared/aws/account/aws-account.ts";
import { secretsManagerStore } from "../../shared/aws/secrets-manager/secret-store.ts";
import type { DeliveryPorts } from "../../shared/operations/doctor/check-delivery.ts";
import { environmentOf } from "../../shared/runtime/environment.ts";
import { environmentProbe } from "../../shared/runtime/vault-mirror.ts";
import { defined } from "../../shared/secrets/defined.ts";
import { accountClients } from "./secret-wiring.ts";

/** What looks at secrets that others manage: the stack's functions, and Vault where the environment names one. */
export function deliveryPorts(stack: string, clients = accountClients()): DeliveryPorts {
  const store = secretsManagerStore(clients.secretsManager);
  const mirror = environmentProbe(environmentOf(process.env), store);
  return { store, account: awsAccount(clients), stack, ...defined({ mirror }) };
}
