import { readFileSync } from "node:fs";
import { differences, type Emulator } from "../conformance/emulators/differences.ts";
import { vectorDifferences } from "../conformance/emulators/vector-differences.ts";
import { vectorCount } from "../conformance/secrets-manager-vectors.ts";

const installed = readFileSync(new URL("../../.ci/install-programs", import.meta.url), "utf8");

/** What `.ci/install-programs` pins, as `name==version`. */
function pinned(name: string): string {
  const version = new RegExp(`${name}(?:\\[\\w+\\])?==([\\d.]+)`).exec(installed)?.[1];
  if (version === undefined) throw new Error(`.ci/install-programs does not pin ${name}`);
  return `${name} ${version}`;
}

const cell = (text: string): string => text.replaceAll("|", "\\|");

function section(emulator: Emulator): readonly string[] {
  const groups = vectorDifferences.filter((group) => group.emulator === emulator);
  const failing = groups.flatMap(({ steps }) => steps).length;
  return [
    `## ${pinned(emulator)}`,
    "",
    "| suite | test that it does not pass | what AWS does |",
    "|---|---|---|",
    ...differences
      .filter((difference) => difference.emulator === emulator)
      .map(({ suite, test, aws }) => `| ${suite} | ${cell(test)} | ${cell(aws)} |`),
    "",
    `${vectorCount - failing} of ${vectorCount} Secrets Manager vectors agree. The others:`,
    "",
    "| vectors | what AWS does |",
    "|---|---|",
    ...groups.map(({ steps, aws }) => `| ${steps.join(", ")} | ${cell(aws)} |`),
    "",
  ];
}

/** `docs/reference/emulators.md`, made from the lists that the tests hold. */
export function emulatorPage(): string {
  return [
    "# What was tested against what, and where emulators differ from AWS",
    "",
    "Made from `tests/conformance/emulators` by `npm run docs`.",
    "",
    "| what | the local stack | moto | ministack | others |",
    "|---|---|---|---|---|",
    "| Secrets Manager vectors | all of them | all but those listed | all but those listed | recorded from AWS |",
    "| store, publisher, table of adoptions, client (cache, SNS to SQS, notices) | yes | yes, differences below | yes, differences below | |",
    "| `rotate-postgres`, four steps on a real PostgreSQL 18 | yes | the test invokes the steps | the same, from an AWSPENDING that the test stores | |",
    "| `mirror-to-vault` into the local Vault | yes | yes | yes | OpenBao: the mirror on one node, the function on three of raft |",
    "| RotateSecret runs the function | yes | cannot | cannot | |",
    `| the AWS command line (${pinned("awscli")}) | yes | | | |`,
    "",
    "No emulator runs a rotation: moto would need docker, ministack stores a copy of the value instead. A difference that",
    "is listed must show when the tests run, in the way that is listed; any other failure fails the suite.",
    "",
    ...section("moto"),
    ...section("ministack"),
  ].join("\n");
}
