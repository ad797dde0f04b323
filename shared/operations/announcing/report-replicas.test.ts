import { expect, test } from "vitest";
import { RekeyError } from "../../errors/rekey-error.ts";
import type { SecretDescription } from "../../ports/secret-store.ts";
import { memoryPublisher } from "../../testing/memory-publisher.ts";
import { reportReplicas } from "./report-replicas.ts";

const secretArn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:db/app-AbCdEf";
type State = "InSync" | "InProgress" | "Failed";

async function report(
  states: Readonly<Record<string, State>>,
  { patient = true, changes = {}, isThere = true }: { patient?: boolean; changes?: object; isThere?: boolean } = {},
) {
  const publisher = memoryPublisher();
  const description: SecretDescription = {
    secretArn,
    name: "db/app",
    rotationEnabled: true,
    labels: new Map([["v2", ["AWSCURRENT"]]]),
    tags: new Map(),
    replicas: new Map(Object.entries(states)),
    ...changes,
  };
  const store = {
    describe: async () => {
      if (!isThere) throw new RekeyError("secret-not-found");
      return description;
    },
  };
  const call = { signal: AbortSignal.timeout(1_000) };
  const outcome = await reportReplicas(
    { store, manages: (arn) => arn === secretArn, publisher },
    { secretArn, versionId: "v2" },
    { patient, call },
  );
  return { outcome, events: publisher.events };
}

const told = (
  regionsInSync: readonly string[],
  regionsBehind: readonly string[],
  regionsFailed: readonly string[],
) => ({
  outcome: "replicated",
  events: [
    {
      type: "Secret Replicated",
      secretArn,
      secretName: "db/app",
      versionId: "v2",
      regionsInSync,
      regionsBehind,
      regionsFailed,
    },
  ],
});

test("when every replica has the version, it is told at once", async () => {
  expect(await report({ "eu-west-1": "InSync", "ap-south-1": "InSync" })).toEqual(
    told(["ap-south-1", "eu-west-1"], [], []),
  );
});

test("a replica that is in progress is waited for, and in the end named", async () => {
  const states = { "eu-west-1": "InProgress", "eu-west-2": "InSync" } as const;
  expect(await report(states)).toEqual({ outcome: "behind", events: [] });
  expect(await report(states, { patient: false })).toEqual(told(["eu-west-2"], ["eu-west-1"], []));
});

test("a replica that failed is not waited for", async () => {
  expect(await report({ "eu-west-1": "Failed" })).toEqual(told([], [], ["eu-west-1"]));
});

test.each([
  ["has no replica", {}, {}, "alone"],
  ["says nothing of replicas", {}, { changes: { replicas: undefined } }, "alone"],
  [
    "has another version by now",
    { "eu-west-1": "InSync" },
    { changes: { labels: new Map([["v3", ["AWSCURRENT"]]]) } },
    "superseded",
  ],
  ["is scheduled for deletion", { "eu-west-1": "InSync" }, { changes: { deletedAt: new Date() } }, "gone"],
  ["is not there", {}, { isThere: false }, "gone"],
] as const)("of a secret that %s nothing is told", async (_what, states, options, outcome) => {
  expect(await report(states, options)).toEqual({ outcome, events: [] });
});
