import { environmentOf } from "../shared/runtime/environment.ts";
import { operatorPorts } from "../shared/runtime/operator-ports.ts";

/** The ports of all commands that look at secrets or change them, from this process's variables. */
export const operator = (): ReturnType<typeof operatorPorts> => operatorPorts(environmentOf(process.env));
