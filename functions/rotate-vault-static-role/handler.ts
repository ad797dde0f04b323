import { vaultStaticRoleEngine } from "../../shared/engines/vault-static-role/vault-static-role-engine.ts";
import { issued } from "../../shared/rotation/strategies/issued.ts";
import { environmentStore } from "../../shared/runtime/aws-clients.ts";
import { environmentOf } from "../../shared/runtime/environment.ts";
import { environmentVault } from "../../shared/runtime/environment-vault.ts";
import { vaultRoleGrants } from "../../shared/runtime/rotation-grants.ts";
import { rotationFunction } from "../../shared/runtime/rotation-function.ts";

const environment = environmentOf(process.env);
const engine = vaultStaticRoleEngine(
  environmentVault(environment, environmentStore(environment)),
  vaultRoleGrants(environment),
);

/** Secrets Manager invokes it with `{ Step, SecretId, ClientRequestToken, RotationToken? }`, one step at a time. */
export const handler = rotationFunction(
  engine,
  { strategies: { issued: issued(engine) }, defaultStrategy: "issued" },
  process.env,
);
