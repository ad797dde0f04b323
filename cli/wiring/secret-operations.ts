import type { SecretOperations } from "../../console/server/secret-routes.ts";
import { examineDelivery } from "../../shared/operations/doctor/check-delivery.ts";
import { doctor } from "../../shared/operations/doctor/doctor.ts";
import { planRotation } from "../../shared/operations/plan/plan-rotation.ts";
import { planRollback, rollBackSecret, type RollbackPorts } from "../../shared/operations/by-hand/roll-back-secret.ts";
import type { CallOptions } from "../../shared/ports/call.ts";
import { secretAdministration } from "../../shared/aws/secrets-manager/secret-administration.ts";
import { deliveryPorts } from "./delivery-wiring.ts";
import { accountClients, wireSecret, type SecretWiring } from "./secret-wiring.ts";

/** The operations that need a secret's engine, wired for each secret on the same clients. */
export function secretOperations(stack = "rekey"): SecretOperations {
  const clients = accountClients();
  const administration = secretAdministration(clients.secretsManager);
  const wired = async (secretId: string, call: CallOptions): Promise<SecretWiring> =>
    wireSecret(secretId, process.env, call, { clients });
  const rollbackPorts = async (secretId: string, call: CallOptions): Promise<RollbackPorts> => ({
    rotation: (await wired(secretId, call)).deps,
    administration,
  });
  return {
    async planRotation(secretId, call) {
      const { deps, rotatable } = await wired(secretId, call);
      const strategiesOf = (engine: typeof rotatable.engine) => rotatable.strategiesOn(engine).strategies;
      return planRotation({ rotation: deps, engine: rotatable.engine, strategiesOf }, secretId, call);
    },
    planRollback: async (secretId, call) => planRollback(await rollbackPorts(secretId, call), secretId, call),
    rollBack: async (secretId, options, call) =>
      rollBackSecret(await rollbackPorts(secretId, call), secretId, options, call),
    async examine(secretId, call) {
      const delivery = deliveryPorts(stack, clients);
      const { managedBy } = await delivery.store.describe(secretId, call);
      if (managedBy !== undefined) return examineDelivery(delivery, secretId, call);
      const { examined } = await wired(secretId, call);
      return doctor(examined, secretId, call);
    },
  };
}
