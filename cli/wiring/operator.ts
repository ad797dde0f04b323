import { readFile } from "node:fs/promises";
import { parseEnv } from "node:util";
import { RekeyError } from "../../shared/errors/rekey-error.ts";
import { parseKeyValue } from "../../shared/operations/fleet/fleet-view.ts";
import { type Environment, environmentOf } from "../../shared/runtime/environment.ts";
import { operatorPorts } from "../../shared/runtime/operator-ports.ts";
import type { Options } from "../command.ts";
import { listOption } from "../options.ts";

const invalid = (problem: string): RekeyError =>
  new RekeyError("option-invalid", { context: { option: "cluster", problem }, hint: "say --cluster <name>=<file>" });

async function readConnection(file: string): Promise<Environment> {
  try {
    return environmentOf(parseEnv(await readFile(file, "utf8")));
  } catch {
    throw invalid(`${file} cannot be read`);
  }
}

/** Two names of one place would have the only copy withdrawn as the other's. */
const placeOf = (connection: Environment): string =>
  ["VAULT_ADDR", "VAULT_NAMESPACE", "VAULT_MOUNT", "VAULT_PATH_PREFIX"]
    .map((name) => connection.text(name) ?? (name === "VAULT_MOUNT" ? "secret" : ""))
    .join(" ")
    .replace(/\/+ /, " ");

/** The variables in each file, by the cluster's name. Errors: `option-invalid`. */
export async function readConnections(clusters: readonly string[]): Promise<ReadonlyMap<string, Environment>> {
  const connections = new Map<string, Environment>();
  for (const text of clusters) {
    const { key, value } = parseKeyValue(text);
    if (value === undefined || key === "") throw invalid(`${text} names no file`);
    if (connections.has(key)) throw invalid(`${key} is given twice`);
    const connection = await readConnection(value);
    connection.required("VAULT_ADDR");
    connections.set(key, connection);
  }
  const places = new Set([...connections.values()].map(placeOf));
  if (places.size < connections.size) throw invalid("two clusters are at the same place");
  return connections;
}

/** The ports of all commands that look at secrets or change them, from this process's variables. */
export const operator = (): ReturnType<typeof operatorPorts> => operatorPorts(environmentOf(process.env));

/** The same, with a look at each Vault cluster that `--cluster` gives. Errors: `option-invalid`. */
export const operatorWithClusters = async (options: Options): Promise<ReturnType<typeof operatorPorts>> =>
  operatorPorts(environmentOf(process.env), await readConnections(listOption(options, "cluster")));
