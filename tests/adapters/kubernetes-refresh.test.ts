import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { memberAt } from "../../shared/answers/member-at.ts";
import { membersOf } from "../../shared/answers/members.ts";
import { askApiServer, metadataAlone } from "../../shared/kubernetes/api-server.ts";
import { SecretValue } from "../../shared/secrets/secret-value.ts";
import { refreshSecret, type SecretRefresh } from "../../shared/operations/refreshing/refresh-secret.ts";
import { kubernetesPrograms, type KubernetesUnderTest, startKubernetes } from "../support/kubernetes.ts";
import {
  externalSecret,
  externalSecrets,
  fromEnvironment,
  type KubernetesStage,
  podUsing,
  secretArn,
  stageIn,
  valueOf,
  workload,
} from "../support/kubernetes-stage.ts";

const call = { signal: AbortSignal.timeout(300_000) };
const refresh = async ({ refresher }: KubernetesStage): Promise<SecretRefresh> =>
  refreshSecret(refresher, secretArn, call);
const codesIn = (refreshed: SecretRefresh): readonly unknown[] =>
  refreshed.state === "current"
    ? refreshed.clusters.flatMap(({ failures }) => failures.map((failure) => memberAt(failure, "code")))
    : [];
const statesIn = (refreshed: SecretRefresh): readonly string[] =>
  refreshed.state === "current"
    ? refreshed.clusters.flatMap(({ workloads }) =>
        workloads.map(({ kind, name, state }) => `${kind}/${name} ${state}`),
      )
    : [];
const passwordIn = (secret: object): string =>
  Buffer.from(String(memberAt(secret, "data", "password")), "base64").toString();
const theSecret = "/api/v1/namespaces/NS/secrets/orders-db";
const all = { externalSecret: "orders", restart: "all" };

describe.skipIf(kubernetesPrograms === undefined)("on a real API server", () => {
  let kubernetes: KubernetesUnderTest;
  const create: KubernetesUnderTest["create"] = async (...objects) => kubernetes.create(...objects);

  beforeAll(async () => {
    if (kubernetesPrograms === undefined) return;
    kubernetes = await startKubernetes(kubernetesPrograms);
    await create(externalSecrets);
    await vi.waitFor(async () => kubernetes.admin("GET", "/apis/external-secrets.io/v1/externalsecrets"), 30_000);
  }, 120_000);
  afterAll(async () => kubernetes?.stop());

  /** An ExternalSecret that its operator has synced, and a Deployment that uses it. */
  async function withOperator(
    namespace: string,
    settings: Parameters<typeof stageIn>[3] = {},
  ): Promise<KubernetesStage> {
    const stage = await stageIn(kubernetes, namespace, [all], settings);
    await create(externalSecret(namespace), workload("Deployment", namespace, "web"));
    await stage.operate();
    stage.store.putByHand("v1", valueOf("canary-second"));
    return stage;
  }

  test("an ExternalSecret is asked for, waited for, and what uses it is restarted once for the version", async () => {
    const stage = await withOperator("once");
    const first = await refresh(stage);
    expect([statesIn(first), codesIn(first)]).toEqual([["deployment/web restarted"], []]);
    expect(passwordIn(await stage.object(theSecret))).toBe("canary-second");
    expect(await stage.generation("deployments", "web")).toBe(2);
    expect(statesIn(await refresh(stage))).toEqual(["deployment/web rolling"]);
    const status = { observedGeneration: 2, replicas: 1, updatedReplicas: 1, readyReplicas: 1, availableReplicas: 1 };
    const path = "/apis/apps/v1/namespaces/once/deployments/web/status";
    await kubernetes.admin("PATCH", path, { status }, "application/merge-patch+json");
    const last = await refresh(stage);
    expect(statesIn(last)).toEqual(["deployment/web rolled"]);
    expect(last).not.toMatchObject({ clusters: [{ againAfterMs: expect.anything() }] });
    expect(await stage.generation("deployments", "web")).toBe(2);
    stage.store.putByHand("v2", valueOf("canary-third"));
    await refresh(stage);
    expect(await stage.generation("deployments", "web")).toBe(3);
  });

  test("nothing is restarted before the copy has the version, and the next run completes it", async () => {
    const stage = await withOperator("late", { operates: false });
    const first = await refresh(stage);
    expect([statesIn(first), codesIn(first)]).toEqual([["deployment/web waiting"], ["kubernetes-not-refreshed"]]);
    expect(await stage.generation("deployments", "web")).toBe(1);
    await stage.operate();
    expect(statesIn(await refresh(stage))).toEqual(["deployment/web restarted"]);
  });

  test("killed at every request, and at every wait: it is complete after the next run, with one restart", async () => {
    const whole = await withOperator("kill-0");
    await refresh(whole);
    const requests = whole.asked();
    expect(requests).toBeGreaterThan(7);
    for (let request = 1; request <= requests; request++) {
      const stage = await withOperator(`kill-${request}`);
      stage.dieAt(request);
      await refresh(stage).catch(() => undefined);
      stage.dieAt(Number.POSITIVE_INFINITY);
      await refresh(stage);
      const what = [request, await stage.generation("deployments", "web"), passwordIn(await stage.object(theSecret))];
      expect(what).toEqual([request, 2, "canary-second"]);
      expect(statesIn(await refresh(stage))).toEqual(["deployment/web rolling"]);
    }
  }, 120_000);

  test("two runs at once restart a workload once", async () => {
    const stage = await withOperator("twice");
    await Promise.all([refresh(stage), refresh(stage), refresh(stage)]);
    expect(await stage.generation("deployments", "web")).toBe(2);
  });

  test("an ExternalSecret of another secret, or that its operator would not refresh, is refused", async () => {
    for (const [index, spec] of [
      { data: [{ remoteRef: { key: "db/others" } }] },
      { refreshPolicy: "CreatedOnce" },
      { refreshInterval: "0s" },
    ].entries()) {
      const stage = await stageIn(kubernetes, `refused-${index}`, [all]);
      await create(externalSecret(stage.namespace, spec), workload("Deployment", stage.namespace, "web"));
      expect(codesIn(await refresh(stage))).toEqual(["kubernetes-refused"]);
      const object = await stage.object("/apis/external-secrets.io/v1/namespaces/NS/externalsecrets/orders");
      expect(memberAt(object, "metadata", "annotations")).toBeUndefined();
      expect(await stage.generation("deployments", "web")).toBe(1);
    }
  });

  const keys = { password: "password", url: "*" };
  const written = { kubernetesSecret: "orders-db", keys, restart: ["deployment/web"] };
  const ownSecret = (namespace: string, more: object = {}) => ({
    apiVersion: "v1",
    kind: "Secret",
    type: "example.com/orders",
    metadata: { name: "orders-db", namespace, labels: { team: "orders" }, annotations: { note: "x" } },
    stringData: { kept: "as it is" },
    ...more,
  });

  test("a written Secret keeps its type, its labels and its other keys", async () => {
    const stage = await stageIn(kubernetes, "written", [written]);
    await create(ownSecret("written"), workload("Deployment", "written", "web"));
    expect(statesIn(await refresh(stage))).toEqual(["deployment/web restarted"]);
    const secret = await stage.object(theSecret);
    expect(passwordIn(secret)).toBe("canary-first");
    expect(secret).toMatchObject({
      type: "example.com/orders",
      metadata: { labels: { team: "orders" }, annotations: { note: "x", "rekey/version": "v0" } },
      data: { kept: Buffer.from("as it is").toString("base64") },
    });
    await refresh(stage);
    expect(memberAt(await stage.object(theSecret), "metadata", "resourceVersion")).toBe(
      memberAt(secret, "metadata", "resourceVersion"),
    );
    stage.store.putByHand("v1", valueOf("canary-second"));
    await refresh(stage);
    expect(passwordIn(await stage.object(theSecret))).toBe("canary-second");
    const server = { ...kubernetes, name: "prod", token: async () => new SecretValue(kubernetes.token) };
    const path = theSecret.replace("NS", "written");
    const answer = await askApiServer(server, { method: "PATCH", path, body: {}, accept: metadataAlone }, call);
    expect(answer).toMatchObject({ object: { kind: "PartialObjectMetadata" } });
    expect(answer).not.toMatchObject({ object: { data: expect.anything() } });
  });

  test("a key that somebody else manages is left to them, and a Secret that does not exist is not made", async () => {
    const stage = await stageIn(kubernetes, "foreign", [written]);
    await create(workload("Deployment", "foreign", "web"));
    expect(codesIn(await refresh(stage))).toEqual(["kubernetes-refused"]);
    await create(ownSecret("foreign", { stringData: { password: "theirs" } }));
    expect(codesIn(await refresh(stage))).toEqual(["kubernetes-conflict"]);
    expect(passwordIn(await stage.object(theSecret))).toBe("theirs");
    expect(await stage.generation("deployments", "web")).toBe(1);
  });

  test("keys that an administrator hands over, as the page says it, are rekey's from then on", async () => {
    const stage = await stageIn(kubernetes, "handover", [
      { ...written, keys: { username: "username", password: "password" } },
    ]);
    const type = "kubernetes.io/basic-auth";
    await create(ownSecret("handover", { type, stringData: { username: "app", password: "present" } }));
    expect(codesIn(await refresh(stage))).toEqual(["kubernetes-conflict"]);
    const present = { username: "YXBw", password: "cHJlc2VudA==" };
    const handover = {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "orders-db", namespace: "handover" },
      data: present,
    };
    const path = `${theSecret.replace("NS", "handover")}?fieldManager=rekey&force=true`;
    await kubernetes.admin("PATCH", path, handover, "application/apply-patch+yaml");
    const shared = await stage.object(theSecret);
    const { managedFields, ...metadata } = membersOf(shared["metadata"]);
    const own = (Array.isArray(managedFields) ? managedFields : []).filter(
      (one) => memberAt(one, "manager") === "rekey",
    );
    const left = { ...shared, metadata: { ...metadata, managedFields: own } };
    await kubernetes.admin("PUT", theSecret.replace("NS", "handover"), left);
    expect(codesIn(await refresh(stage))).toEqual([]);
    const secret = await stage.object(theSecret);
    expect(passwordIn(secret)).toBe("canary-first");
    expect(secret).toMatchObject({ type, metadata: { labels: { team: "orders" } } });
  });

  test("a secret without the member that is written is malformed, and its text is not in the error", async () => {
    const stage = await stageIn(kubernetes, "malformed", [{ ...written, keys: { password: "passphrase" } }]);
    await create(ownSecret("malformed"));
    expect(codesIn(await refresh(stage))).toEqual(["secret-malformed"]);
    expect(JSON.stringify(await refresh(stage))).not.toContain("canary");
  });

  test("workloads of every kind are found by what their Pods refer to, and others stay as they are", async () => {
    const name = "orders-db";
    const pods: readonly object[] = [
      fromEnvironment,
      podUsing({
        initContainers: [
          { name: "i", image: "i", env: [{ name: "P", valueFrom: { secretKeyRef: { name, key: "p" } } }] },
        ],
      }),
      podUsing({ volumes: [{ name: "v", secret: { secretName: name } }] }),
      podUsing({ volumes: [{ name: "v", projected: { sources: [{ secret: { name } }] } }] }),
      podUsing({ imagePullSecrets: [{ name }] }),
    ];
    const stage = await stageIn(kubernetes, "found", [all]);
    await create(externalSecret("found"));
    for (const [index, pod] of pods.entries()) {
      for (const kind of ["Deployment", "StatefulSet", "DaemonSet"])
        await create(workload(kind, "found", `uses-${index}`, pod));
    }
    const other = podUsing({ volumes: [{ name: "v", secret: { secretName: "others-db" } }] });
    await create(workload("Deployment", "found", "other", other), workload("DaemonSet", "found", "none", podUsing({})));
    const states = statesIn(await refresh(stage));
    expect(states).toHaveLength(15);
    expect(states.every((state) => /\/uses-\d restarted$/.test(state))).toBe(true);
    expect([await stage.generation("deployments", "other"), await stage.generation("daemonsets", "none")]).toEqual([
      1, 1,
    ]);
  });

  test("a cluster's rate is kept across processes; the rest follows, and forged times hold nobody up", async () => {
    let nowMs = Date.now();
    const settings = { restartsPerMinute: 2, nowMs: () => nowMs };
    const stage = await stageIn(kubernetes, "rate", [all], settings);
    await create(externalSecret("rate"), ...[1, 2, 3, 4, 5].map((n) => workload("Deployment", "rate", `web-${n}`)));
    const path = "/api/v1/namespaces/rate-home/configmaps/rekey-restarts";
    const forged = { data: { recent: `x ${nowMs + 9e9} ${nowMs + 9e9} -1` } };
    await kubernetes.admin("PATCH", path, forged, "application/merge-patch+json");
    const count = (refreshed: SecretRefresh, state: string) =>
      statesIn(refreshed).filter((one) => one.endsWith(state)).length;
    for (const [restarted, postponed] of [
      [2, 3],
      [0, 3],
      [2, 1],
      [1, 0],
    ] as const) {
      const refreshed = await refresh(stage);
      expect([count(refreshed, "restarted"), count(refreshed, "postponed")]).toEqual([restarted, postponed]);
      expect(refreshed).toMatchObject({ clusters: [{ againAfterMs: expect.any(Number) }] });
      if (restarted === 0 || postponed === 1) nowMs += 61_000;
    }
  });

  test("an event for a secret that no grant names asks nothing, and a workload that no grant names is not restarted", async () => {
    const stage = await stageIn(kubernetes, "ungranted", [{ ...all, restart: ["deployment/web", "statefulset/gone"] }]);
    await create(
      externalSecret("ungranted"),
      workload("Deployment", "ungranted", "web"),
      workload("Deployment", "ungranted", "other"),
    );
    const foreign = secretArn.replace("orders", "others");
    expect(await refreshSecret(stage.refresher, foreign, call)).toEqual({ state: "foreign" });
    expect(await refreshSecret({ ...stage.refresher, manages: () => false }, secretArn, call)).toEqual({
      state: "foreign",
    });
    expect(stage.asked()).toBe(0);
    expect(statesIn(await refresh(stage))).toEqual(["deployment/web restarted"]);
    expect(await stage.generation("deployments", "other")).toBe(1);
  });

  test("no value is anywhere in a cluster but in Secrets", async () => {
    for (const path of [
      "apps/v1/deployments",
      "apps/v1/daemonsets",
      "apps/v1/statefulsets",
      "external-secrets.io/v1/externalsecrets",
    ]) {
      expect(JSON.stringify(await kubernetes.admin("GET", `/apis/${path}`))).not.toContain("canary");
    }
    const text = JSON.stringify(membersOf(await kubernetes.admin("GET", "/api/v1/configmaps")));
    expect(text).not.toContain("canary");
  });
});
