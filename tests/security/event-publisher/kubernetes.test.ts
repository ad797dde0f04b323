import { randomUUID } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SecretsManager } from "@aws-sdk/client-secrets-manager";
import { SQS } from "@aws-sdk/client-sqs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startStack, type Stack } from "../../../local/stack.ts";
import { memberAt } from "../../../shared/answers/member-at.ts";
import { clusterOptions } from "../../../shared/kubernetes/cluster-options.ts";
import { kubernetesManifests } from "../../../shared/kubernetes/manifests.ts";
import { SecretValue } from "../../../shared/secrets/secret-value.ts";
import { kubernetesPrograms, type KubernetesUnderTest, startKubernetes } from "../../support/kubernetes.ts";
import { fromEnvironment, workload } from "../../support/kubernetes-stage.ts";

const passwordIn = (secret: object): string => {
  const text = memberAt(secret, "data", "password");
  return typeof text === "string" ? text : "";
};
const soon = { timeout: 60_000 };

describe.skipIf(kubernetesPrograms === undefined)("the deployed function, at a real API server", () => {
  let stack: Stack;
  let kubernetes: KubernetesUnderTest;
  let secrets: SecretsManager;
  let sqs: SQS;
  let folder = "";
  let secretArn = "";

  beforeAll(async () => {
    if (kubernetesPrograms === undefined) return;
    folder = await mkdtemp(join(tmpdir(), "rekey-kubernetes-"));
    [kubernetes, stack] = await Promise.all([startKubernetes(kubernetesPrograms), startStack()]);
    secrets = new SecretsManager(stack.clientConfig);
    sqs = new SQS(stack.clientConfig);
    const create = async (Name: string, SecretString: string): Promise<string> =>
      (await secrets.createSecret({ Name, SecretString })).ARN ?? "";
    secretArn = await create("db/orders", '{"password":"canary-first"}');
    const tokenFile = join(folder, "token");
    await writeFile(tokenFile, `${kubernetes.token}\n`);
    const { server, ca } = kubernetes;
    const object = { kubernetesSecret: "orders-db", keys: { password: "password" }, restart: ["deployment/web"] };
    const grants = [{ secret: secretArn, namespace: "shop", ...object }];
    const configuration = JSON.stringify([{ name: "prod", server, ca, tokenFile, grants }]);
    const [options] = clusterOptions(new SecretValue(configuration));
    if (options === undefined) throw new Error("no cluster");
    const { tokenFile: _ofAServiceAccount, ...ofGroup } = options;
    for (const name of ["shop", "other"]) {
      await kubernetes.create(
        { apiVersion: "v1", kind: "Namespace", metadata: { name } },
        { apiVersion: "v1", kind: "Secret", metadata: { name: "orders-db", namespace: name } },
        workload("Deployment", name, "web"),
        workload("Deployment", name, "unnamed", fromEnvironment),
      );
    }
    await kubernetes.create(...kubernetesManifests(ofGroup));
    await stack.deploy({
      parameters: {
        SecretArnPattern: "arn:aws:secretsmanager:us-east-1:123456789012:secret:db/*",
        KubernetesClustersSecretArn: await create("rekey/kubernetes", configuration),
        OperatorRoleArns: "arn:aws:iam::123456789012:root",
      },
    });
    await stack.lambda.idle();
  }, 120_000);
  afterAll(async () => {
    secrets?.destroy();
    sqs?.destroy();
    await Promise.all([stack?.stop(), kubernetes?.stop()]);
    if (folder !== "") await rm(folder, { recursive: true });
  });

  const generation = async (name: string, namespace = "shop"): Promise<unknown> =>
    memberAt(
      await kubernetes.admin("GET", `/apis/apps/v1/namespaces/${namespace}/deployments/${name}`),
      "metadata",
      "generation",
    );
  const password = async (namespace = "shop"): Promise<string> => {
    const secret = await kubernetes.admin("GET", `/api/v1/namespaces/${namespace}/secrets/orders-db`);
    return Buffer.from(passwordIn(secret), "base64").toString();
  };
  const logged = (): readonly string[] =>
    stack.lambda.logs.filter(({ functionName }) => functionName.endsWith("refresh-kubernetes")).map(({ line }) => line);

  test("a new version is written and rolled out, and the message comes again until all have rolled", async () => {
    await secrets.putSecretValue({ SecretId: secretArn, SecretString: '{"password":"canary-second"}' });
    await expect.poll(async () => generation("web"), soon).toBe(2);
    await stack.lambda.idle();
    expect(await password()).toBe("canary-second");
    expect(logged().some((line) => line.includes('"state":"restarted"') && line.includes('"deployment/web"'))).toBe(
      true,
    );
    const status = { observedGeneration: 2, replicas: 1, updatedReplicas: 1, readyReplicas: 1, availableReplicas: 1 };
    const path = "/apis/apps/v1/namespaces/shop/deployments/web/status";
    await kubernetes.admin("PATCH", path, { status }, "application/merge-patch+json");
    await stack.clock.advance(61_000);
    await stack.lambda.idle();
    await expect.poll(() => logged().some((line) => line.includes('"state":"rolled"')), soon).toBe(true);
    expect([await generation("web"), await generation("unnamed"), await generation("web", "other")]).toEqual([2, 1, 1]);
    expect(await password("other")).toBe("");
  });

  test("forged events restart nothing, write nothing, and reach no other secret", async () => {
    const { QueueUrl = "" } = await sqs.getQueueUrl({ QueueName: "rekey-KubernetesQueue" });
    const foreign = "arn:aws:secretsmanager:us-east-1:123456789012:secret:payroll/db-AbCdEf";
    const missing = "arn:aws:secretsmanager:us-east-1:123456789012:secret:db/none-AbCdEf";
    const more = { namespace: "other", cluster: "other", restart: "all", kubernetesSecret: "x" };
    const before = logged().length;
    for (const arn of [foreign, missing, ...Array<string>(10).fill(secretArn)]) {
      const detail = {
        schemaVersion: 1,
        secretArn: arn,
        versionId: randomUUID(),
        at: new Date().toISOString(),
        ...more,
      };
      const event = { source: "rekey", "detail-type": "Secret Rotated", detail };
      await sqs.sendMessage({ QueueUrl, MessageBody: JSON.stringify(event) });
    }
    await expect
      .poll(() => logged().filter((line) => line.includes('"message":"refreshed"')).length, soon)
      .toBeGreaterThan(12);
    await stack.lambda.idle();
    expect(
      logged()
        .slice(before)
        .filter((line) => line.includes('"standing":"foreign"')).length,
    ).toBeGreaterThan(1);
    expect([await generation("web"), await generation("unnamed"), await generation("web", "other")]).toEqual([2, 1, 1]);
    expect([await password(), await password("other")]).toEqual(["canary-second", ""]);
  });

  test("no value and no token is in a log or a request's record", () => {
    expect(JSON.stringify([stack.lambda.logs, stack.aws.requests])).not.toMatch(/canary/u);
  });
});
