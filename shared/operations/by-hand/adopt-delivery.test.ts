import { expect, test } from "vitest";
import type { SecretDescription } from "../../ports/secret-store.ts";
import { adoptDelivery, planDelivery } from "./adopt-delivery.ts";

const call = { signal: new AbortController().signal };
const secretArn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:rds!cluster-1-AbCdEf";

function stage(described: Partial<SecretDescription> = {}) {
  const set: unknown[] = [];
  const description: SecretDescription = {
    secretArn,
    name: "rds!cluster-1",
    rotationEnabled: true,
    managedBy: "rds",
    labels: new Map([["v1", ["AWSCURRENT"]]]),
    tags: new Map(),
    ...described,
  };
  const tag = async (id: string, tags: ReadonlyMap<string, string>): Promise<void> => void set.push([id, ...tags]);
  const ports = { delivery: { store: { describe: async () => description }, stack: "rekey" }, administration: { tag } };
  return { set, ports };
}
const subscribers = new Map([["rekey:subscribers", "orders"]]);

test.each<[string, Partial<SecretDescription>, ReadonlyMap<string, string>, unknown]>([
  ["without a tag it gets one that keeps it in the fleet", {}, new Map(), [[secretArn, ["rekey:mirror", "true"]]]],
  ["a tag that is asked for is enough", {}, subscribers, [[secretArn, ["rekey:subscribers", "orders"]]]],
  ["with a tag of rekey's it needs none", { tags: subscribers }, new Map(), []],
  ["a tag that is there is not set again", { tags: subscribers }, subscribers, []],
])("%s", async (_what, described, tags, expected) => {
  const { ports, set } = stage(described);
  expect(await planDelivery(ports, secretArn, tags, call)).toMatchObject({ secretArn, findings: [] });
  expect(set).toEqual([]);
  expect(await adoptDelivery(ports, secretArn, tags, call)).toMatchObject({ outcome: "adopted" });
  expect(set).toEqual(expected);
});

test("a secret that its owner does not rotate is said to be owned, and no more", async () => {
  const { ports } = stage({ rotationEnabled: false, managedBy: "events" });
  const { actions } = await planDelivery(ports, secretArn, new Map(), call);
  expect(actions.at(-1)).toBe(
    "no call of RotateSecret: rds!cluster-1 stays owned by events, and is delivered by rekey",
  );
});

test.each([
  ["a tag of a rotation", {}, new Map([["rekey:strategy", "single-user"]])],
  ["a tag that is not rekey's", {}, new Map([["team", "payments"]])],
  ["a secret that nobody else manages, whatever its name", { managedBy: undefined as never }, subscribers],
])("%s is refused, and nothing is set", async (_what, described, tags) => {
  const { ports, set } = stage(described);
  await expect(adoptDelivery(ports, secretArn, tags, call)).rejects.toMatchObject({ code: "option-invalid" });
  expect(set).toEqual([]);
});

test("an error among the findings leaves the secret as it is", async () => {
  const { ports, set } = stage({ labels: new Map() });
  expect(await adoptDelivery(ports, secretArn, new Map(), call)).toMatchObject({ outcome: "refused" });
  expect(set).toEqual([]);
});
