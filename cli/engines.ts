import { RekeyError } from "../shared/errors/rekey-error.ts";
import type { DatabaseEngine } from "../shared/rotation/ports.ts";
import type { RotationStrategies } from "../shared/runtime/rotation-function.ts";

/** An engine with the strategies that its rotation function has. */
export interface RotatableEngine<Engine extends DatabaseEngine = DatabaseEngine> {
  readonly engine: Engine;
  readonly strategiesOn: (engine: Engine) => RotationStrategies;
}

/** By the `engine` of the secret's JSON; each brings its driver only when it is asked for. */
const loaders: Readonly<Record<string, () => Promise<RotatableEngine>>> = {
  postgres: async () => {
    const { postgresEngine } = await import("../shared/engines/postgres/postgres-engine.ts");
    const { strategiesOn } = await import("../functions/rotate-postgres/strategies.ts");
    return rotatable({ engine: postgresEngine(), strategiesOn });
  },
  redshift: async () => {
    const { redshiftEngine } = await import("../shared/engines/redshift/redshift-engine.ts");
    const { strategiesOn } = await import("../functions/rotate-redshift/strategies.ts");
    return rotatable({ engine: redshiftEngine(), strategiesOn });
  },
  mongodb: async () => {
    const { mongodbEngine } = await import("../shared/engines/mongodb/mongodb-engine.ts");
    const { strategiesOn } = await import("../functions/rotate-mongodb/strategies.ts");
    return rotatable({ engine: mongodbEngine(), strategiesOn });
  },
};

/** Forgets the engine's own type; what is passed in again is always the same engine or a stand-in of its shape. */
const rotatable = <Engine extends DatabaseEngine>(one: RotatableEngine<Engine>): RotatableEngine =>
  one as unknown as RotatableEngine;

/** Errors: `engine-unsupported`. */
export async function engineNamed(name: string): Promise<RotatableEngine> {
  for (const load of Object.values(loaders)) {
    const found = await load();
    if (found.engine.names.includes(name)) return found;
  }
  throw new RekeyError("engine-unsupported", { context: { engine: name.slice(0, 40) } });
}
