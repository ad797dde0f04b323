import fc from "fast-check";
import { expect, test } from "vitest";
import { clusterOf, parseVaultClusters } from "./vault-clusters.ts";

const secret = (secretName: string) => ({
  secretArn: `arn:aws:secretsmanager:eu-west-1:123456789012:secret:${secretName}-AbCdEf`,
  secretName,
  tags: new Map<string, string>(),
});

test("a cluster more takes secrets from the others and moves none between them; the order they are named in does not count", () => {
  const cluster = fc.stringMatching(/^[a-z]{1,8}$/);
  fc.assert(
    fc.property(
      fc.uniqueArray(cluster, { minLength: 2, maxLength: 8 }),
      fc.array(fc.string({ minLength: 1, maxLength: 20 }), { maxLength: 30 }),
      (clusters, secrets) => {
        const [added = ""] = clusters;
        const before = parseVaultClusters(clusters.slice(1).join(","), undefined);
        const after = parseVaultClusters(clusters.toReversed().join(","), undefined);
        for (const name of secrets) {
          const now = clusterOf(secret(name), after);
          expect([added, clusterOf(secret(name), before)]).toContain(now);
        }
      },
    ),
    { numRuns: 300 },
  );
});
