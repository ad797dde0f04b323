import { expect, test } from "vitest";
import { summaryOf } from "./secret-summary.ts";
import { secretStatuses } from "./secret-status.ts";

const call = { signal: AbortSignal.timeout(5_000) };
const secretArn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:db/app-AbCdEf";
const owner = secretArn.replace("db/app", "db/other");
const place = { path: "secret/data/db/app", revision: 4 };

test.each([
  ["true", { cluster: "eu", state: "unseen", code: "mirror-foreign", ...place }],
  ["false", { cluster: "eu", state: "off", ...place }],
])("a place that another secret has, where rekey:mirror is %s", async (mirror, status) => {
  const tags = new Map([["rekey:mirror", mirror]]);
  const labels = new Map([["v1", ["AWSCURRENT"]]]);
  const summary = summaryOf({ secretArn, name: "db/app", rotationEnabled: true, labels, tags }, 0);
  const mirrors = [{ cluster: "eu", mirrors: () => true, look: async () => ({ ...place, owner }) }];
  const found = await secretStatuses({ mirrors, nowMs: Date.now }, [summary], call);
  expect(found.get(secretArn)?.mirrors).toEqual([status]);
});
