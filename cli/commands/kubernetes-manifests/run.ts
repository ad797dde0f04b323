import { readFile } from "node:fs/promises";
import { stringify } from "yaml";
import { RekeyError } from "../../../shared/errors/rekey-error.ts";
import { type ClusterOptions, clusterOptions } from "../../../shared/kubernetes/cluster-options.ts";
import { accessGroup, kubernetesManifests } from "../../../shared/kubernetes/manifests.ts";
import { SecretValue } from "../../../shared/secrets/secret-value.ts";
import type { Run } from "../../command.ts";
import { flagOption, textOption } from "../../options.ts";
import { print, printJson } from "../../output/output.ts";

function clusterIn(clusters: readonly ClusterOptions[], name: string | undefined): ClusterOptions {
  const [first, ...others] = clusters.filter((cluster) => name === undefined || cluster.name === name);
  if (first !== undefined && others.length === 0) return first;
  const problem = first === undefined ? "no such cluster in the file" : "the file has several clusters";
  throw new RekeyError("option-invalid", { context: { option: "cluster", problem }, hint: "name one of them" });
}

/** The command that maps the function's role to the group; none where the function logs in with a token from a file. */
const accessEntry = ({ name, tokenFile }: ClusterOptions, roleArn: string): readonly string[] =>
  tokenFile === undefined
    ? [
        `# aws eks create-access-entry --cluster-name ${name} --type STANDARD \\`,
        `#   --principal-arn ${roleArn} --kubernetes-groups ${accessGroup}`,
      ]
    : [];

/** Prints the manifests of one cluster, as YAML, or as one List in JSON. Errors: `option-invalid`. */
export const run: Run = async ([file = ""], options) => {
  const text = await readFile(file, "utf8").catch(() => {
    throw new RekeyError("option-invalid", { context: { option: "clusters", problem: "cannot be read" } });
  });
  const cluster = clusterIn(clusterOptions(new SecretValue(text)), textOption(options, "cluster"));
  const items = kubernetesManifests(cluster);
  if (flagOption(options, "json")) {
    printJson({ apiVersion: "v1", kind: "List", items }, 2);
    return 0;
  }
  const documents = items.map((item) => `---\n${stringify(item, { aliasDuplicateObjects: false })}`);
  print(
    ...accessEntry(cluster, textOption(options, "roleArn") ?? "<role>"),
    ...documents.join("").trimEnd().split("\n"),
  );
  return 0;
};
