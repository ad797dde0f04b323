import { RekeyError } from "../../shared/errors/rekey-error.ts";
import type { DatabaseEngine } from "../../shared/ports/database-engine.ts";
import type { RotationStrategies } from "../../shared/runtime/rotation-function.ts";
import { rotations } from "./rotations.ts";

/** An engine with the strategies that its rotation function has. */
export interface RotatableEngine {
  readonly engine: DatabaseEngine;
  readonly strategiesOn: (engine: DatabaseEngine) => RotationStrategies;
}

/** The module of a function, of whose engine's own type nothing is known: it gets back what it made, or a stand-in of its shape. */
interface Rotation {
  createEngine(): DatabaseEngine;
  strategiesOn(engine: DatabaseEngine): RotationStrategies;
}

/** Every rotation function. `aurora-mysql` sounds like `rotate-mysql`, which is asked first, since each brings a driver. */
function loadersFor(name: string) {
  const sounds = (folder: string): number => Number(name.includes(folder.replace("rotate-", "")));
  return Object.entries(rotations).toSorted(([one], [other]) => sounds(other) - sounds(one));
}

/** Only the role of the function may ask IAM about a key, so no tool has the engine. */
const ofItsFunction = "iam-access-key";
const askTheFunction =
  "only its rotation function may look at this key: rotate the secret, and read the function's log";

/** By the `engine` of the secret's JSON. Errors: `engine-unsupported`. */
export async function engineNamed(name: string): Promise<RotatableEngine & { readonly folder: string }> {
  if (name === ofItsFunction) {
    throw new RekeyError("engine-unsupported", { context: { engine: name }, hint: askTheFunction });
  }
  for (const [folder, load] of loadersFor(name)) {
    const rotation: Rotation = await load();
    const engine = rotation.createEngine();
    if (engine.names.includes(name)) return { engine, strategiesOn: (one) => rotation.strategiesOn(one), folder };
  }
  throw new RekeyError("engine-unsupported", { context: { engine: name.slice(0, 40) } });
}
