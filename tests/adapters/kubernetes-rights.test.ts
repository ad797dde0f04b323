import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import { blocksIn } from "../docs/fenced-blocks.ts";
import { kubernetesPrograms, type KubernetesUnderTest, startKubernetes } from "../support/kubernetes.ts";
import { externalSecret, externalSecrets, secretArn, workload } from "../support/kubernetes-stage.ts";
import { runRekey } from "../support/run-rekey.ts";

type Request = Parameters<KubernetesUnderTest["ask"]>;
const merge = "application/merge-patch+json";
const apply = "application/apply-patch+yaml";
const secretNamed = (name: string, namespace: string) => ({
  apiVersion: "v1",
  kind: "Secret",
  metadata: { name, namespace },
});
const annotated = { metadata: { annotations: { "force-sync": "v1" } } };
const restarted = { spec: { template: { metadata: { annotations: { "rekey/restarted-for": "{}" } } } } };
const podSpecs = blocksIn("yaml").filter(({ text }) => /^spec:\n(?: .*\n)*? {2}containers:/u.test(text));
const apps = "/apis/apps/v1/namespaces";
const externals = "/apis/external-secrets.io/v1/namespaces";

describe.skipIf(kubernetesPrograms === undefined)(
  "with what rekey kubernetes-manifests prints, on a real API server",
  () => {
    let kubernetes: KubernetesUnderTest;
    let folder = "";
    let printed: readonly unknown[] = [];

    beforeAll(async () => {
      if (kubernetesPrograms === undefined) return;
      kubernetes = await startKubernetes(kubernetesPrograms);
      folder = await mkdtemp(join(tmpdir(), "rekey-kubernetes-"));
      await kubernetes.create(externalSecrets);
      await vi.waitFor(async () => kubernetes.admin("GET", "/apis/external-secrets.io/v1/externalsecrets"), 30_000);
      for (const namespace of ["shop", "jobs", "other"]) {
        await kubernetes.create(
          { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } },
          externalSecret(namespace),
          workload("Deployment", namespace, "web"),
          workload("Deployment", namespace, "other"),
          workload("DaemonSet", namespace, "node"),
          secretNamed("orders-db", namespace),
          secretNamed("other", namespace),
        );
      }
      const grants = [
        { secret: secretArn, namespace: "shop", externalSecret: "orders", restart: ["deployment/web"] },
        {
          secret: secretArn,
          namespace: "jobs",
          kubernetesSecret: "orders-db",
          keys: { p: "password" },
          restart: "all",
        },
      ];
      const { server, ca } = kubernetes;
      await writeFile(join(folder, "clusters.json"), JSON.stringify([{ name: "prod", server, ca, grants }]));
      const { code, out } = await runRekey(["kubernetes-manifests", "clusters.json"], { env: {}, cwd: folder });
      printed = [code, out.split("\n")[0]];
      await kubernetes.create(...parseAllDocuments(out).map((document) => document.toJS() as object));
    }, 120_000);
    afterAll(async () => {
      await kubernetes?.stop();
      if (folder !== "") await rm(folder, { recursive: true });
    });

    test("the first line is the access entry", () => {
      expect(printed).toEqual([
        0,
        String.raw`# aws eks create-access-entry --cluster-name prod --type STANDARD ${"\\"}`,
      ]);
    });

    test("each call of rekey's passes", async () => {
      const allowed: readonly Request[] = [
        ["GET", `${externals}/shop/externalsecrets/orders`],
        ["PATCH", `${externals}/shop/externalsecrets/orders`, annotated, merge],
        ["GET", `${apps}/shop/deployments/web`],
        ["PATCH", `${apps}/shop/deployments/web`, restarted, merge],
        ["GET", `${apps}/jobs/deployments`],
        ["GET", `${apps}/jobs/statefulsets`],
        ["GET", `${apps}/jobs/daemonsets`],
        ["PATCH", `${apps}/jobs/daemonsets/node`, restarted, merge],
        [
          "PATCH",
          "/api/v1/namespaces/jobs/secrets/orders-db?fieldManager=rekey",
          { ...secretNamed("orders-db", "jobs"), data: { p: "eA==" } },
          apply,
        ],
        ["GET", "/api/v1/namespaces/rekey/configmaps/rekey-restarts"],
        ["PATCH", "/api/v1/namespaces/rekey/configmaps/rekey-restarts", { data: { recent: "" } }, merge],
      ];
      for (const request of allowed) {
        expect([...request.slice(0, 2), (await kubernetes.ask(...request)).status]).toEqual([
          ...request.slice(0, 2),
          200,
        ]);
      }
    });

    test("everything else is answered with 403", async () => {
      const secrets = "/api/v1/namespaces/jobs/secrets";
      const inEach = ["shop", "jobs", "other"].flatMap((namespace): readonly Request[] => [
        ["GET", `/api/v1/namespaces/${namespace}/secrets`],
        ["GET", `/api/v1/namespaces/${namespace}/secrets/orders-db`],
        ["DELETE", `/api/v1/namespaces/${namespace}/secrets/orders-db`],
        ["POST", `/api/v1/namespaces/${namespace}/secrets`, secretNamed("new", namespace)],
        ["PATCH", `/api/v1/namespaces/${namespace}/secrets/other`, { data: {} }, merge],
        ["GET", `/api/v1/namespaces/${namespace}/pods`],
        ["POST", `/api/v1/namespaces/${namespace}/pods/web/exec?command=sh`],
        ["POST", `/api/v1/namespaces/${namespace}/serviceaccounts/default/token`, {}],
        ["GET", `/api/v1/namespaces/${namespace}/configmaps`],
        ["DELETE", `${apps}/${namespace}/deployments/web`],
        ["POST", `${apps}/${namespace}/deployments`, workload("Deployment", namespace, "new")],
        ["PUT", `${apps}/${namespace}/deployments/web`, workload("Deployment", namespace, "web")],
        ["PATCH", `${apps}/${namespace}/deployments/web/scale`, { spec: { replicas: 0 } }, merge],
        ["PATCH", `${apps}/${namespace}/deployments/web/status`, { status: {} }, merge],
        ["GET", `${apps}/${namespace}/replicasets`],
        ["GET", `${externals}/${namespace}/externalsecrets`],
        ["PATCH", `${externals}/${namespace}/externalsecrets/other`, annotated, merge],
        ["DELETE", `${externals}/${namespace}/externalsecrets/orders`],
        ["POST", `/apis/rbac.authorization.k8s.io/v1/namespaces/${namespace}/rolebindings`, {}],
      ]);
      const refused: readonly Request[] = [
        ...inEach,
        ["GET", `${apps}/shop/deployments`],
        ["GET", `${apps}/shop/deployments/other`],
        ["PATCH", `${apps}/shop/deployments/other`, restarted, merge],
        ["GET", `${apps}/shop/daemonsets/node`],
        ["PATCH", "/api/v1/namespaces/shop/secrets/orders-db", { data: {} }, merge],
        ["GET", `${externals}/jobs/externalsecrets/orders`],
        ["GET", `${apps}/other/deployments/web`],
        ["PATCH", `${apps}/other/deployments/web`, restarted, merge],
        ["PATCH", `${externals}/other/externalsecrets/orders`, annotated, merge],
        ["PATCH", `${secrets}/absent?fieldManager=rekey`, { ...secretNamed("absent", "jobs"), data: {} }, apply],
        ["GET", "/api/v1/secrets"],
        ["GET", "/apis/apps/v1/deployments"],
        ["GET", "/api/v1/namespaces"],
        ["GET", "/api/v1/nodes"],
        ["GET", "/api/v1/namespaces/rekey/configmaps"],
        ["DELETE", "/api/v1/namespaces/rekey/configmaps/rekey-restarts"],
        ["PATCH", "/api/v1/namespaces/rekey/configmaps/other", { data: {} }, merge],
        ["POST", "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", {}],
      ];
      const passed: unknown[] = [];
      for (const request of refused) {
        const { status } = await kubernetes.ask(...request);
        if (status !== 403) passed.push([...request.slice(0, 2), status]);
      }
      expect(passed).toEqual([]);
      expect(refused.length).toBeGreaterThan(70);
    });

    test("a Secret that rekey may write and that does not exist is not made by a write", async () => {
      await kubernetes.admin("DELETE", "/api/v1/namespaces/jobs/secrets/orders-db");
      const path = "/api/v1/namespaces/jobs/secrets/orders-db?fieldManager=rekey";
      const { status } = await kubernetes.ask("PATCH", path, { ...secretNamed("orders-db", "jobs"), data: {} }, apply);
      expect(status).toBe(403);
    });

    test("a restart is all that may be done to a workload: no other image, command or account", async () => {
      const path = `${apps}/jobs/deployments/web`;
      const pod = (spec: object) => ({ spec: { template: { spec } } });
      const container = { name: "app", image: "app:1" };
      await vi.waitFor(async () => {
        const { status } = await kubernetes.ask("PATCH", path, pod({ serviceAccountName: "a" }), merge);
        expect(status).toBe(422);
      }, 30_000);
      for (const spec of [
        { containers: [{ ...container, image: "evil:1" }] },
        { containers: [{ ...container, command: ["sh"] }] },
        { hostNetwork: true },
      ]) {
        expect((await kubernetes.ask("PATCH", path, pod(spec), merge)).status).toBe(422);
      }
      expect((await kubernetes.ask("PATCH", path, restarted, merge)).status).toBe(200);
      await kubernetes.admin("PATCH", path, pod({ containers: [{ ...container, image: "app:2" }] }), merge);
    });

    test.each(podSpecs.map(({ at, text }) => [at, text] as const))(
      "a Pod of the pages is what an API server accepts, with no unknown field: %s",
      async (_at, text) => {
        const { spec } = parse(text);
        const labels = { app: "orders" };
        const deployment = {
          apiVersion: "apps/v1",
          kind: "Deployment",
          metadata: { name: "of-the-page", namespace: "shop" },
          spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec } },
        };
        const path = `${apps}/shop/deployments?dryRun=All&fieldValidation=Strict`;
        await expect(kubernetes.admin("POST", path, deployment)).resolves.toMatchObject({ kind: "Deployment" });
      },
    );
  },
);
