import { environmentOf } from "../../shared/runtime/environment.ts";
import { operatorPorts } from "../../shared/runtime/operator-ports.ts";
import type { Options } from "../command.ts";
import { listOption } from "../options.ts";
import { readConnections } from "./vault-connections.ts";

/** The ports of all commands that look at secrets or change them, from this process's variables. */
export const operator = (): ReturnType<typeof operatorPorts> => operatorPorts(environmentOf(process.env));

/** The same, with a look at each Vault cluster that `--cluster` gives. Errors: `option-invalid`. */
export const operatorWithClusters = async (options: Options): Promise<ReturnType<typeof operatorPorts>> =>
  operatorPorts(environmentOf(process.env), await readConnections(listOption(options, "cluster")));
