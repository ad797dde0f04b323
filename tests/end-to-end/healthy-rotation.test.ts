import { afterAll, beforeAll, expect, test } from "vitest";
import { type RotationStage, startRotationStage, type Strategy } from "../support/rotation-stage.ts";

let stage: RotationStage;

beforeAll(async () => {
  stage = await startRotationStage();
});
afterAll(async () => stage.stop());

test.each<[Strategy, { readonly connections: number }]>([
  ["single-user", { connections: 2 }],
  ["alternating-users", { connections: 3 }],
])(
  "a healthy rotation (%s): at most 9 calls to Secrets Manager, 2 of them writes, few connections, no failed login",
  async (strategy, most) => {
    const secretId = await stage.createSecret(strategy);
    for (let rotation = 1; rotation <= 3; rotation++) {
      const connectionsBefore = stage.proxy.ports.length;
      const logBefore = (await stage.postgres.log()).length;
      const callsBefore = stage.calls.length;
      const versionId = await stage.rotate(secretId);
      expect((await stage.labels(secretId))[versionId]).toEqual(["AWSCURRENT"]);

      const calls = stage.calls.slice(callsBefore).filter((call) => call.startsWith("secretsmanager"));
      expect(calls.length).toBeGreaterThan(4);
      expect(calls.length).toBeLessThanOrEqual(9);
      expect(calls.filter((call) => /Put|Update/.test(call))).toHaveLength(2);
      const ports = stage.proxy.ports.slice(connectionsBefore);
      expect(ports.length).toBeGreaterThan(1);
      expect(ports.length).toBeLessThanOrEqual(most.connections);
      const lines = (await stage.postgres.log()).slice(logBefore).split("\n");
      const own = ports.map((port) =>
        lines.find((line) => line.includes(`connection received: host=127.0.0.1 port=${port}`)),
      );
      const processes = own.map((line) => /\[(\d+)\]/.exec(line ?? "")?.[1]);
      expect(processes).not.toContain(undefined);
      const refused = lines.filter(
        (line) => line.includes("FATAL") && processes.some((pid) => line.includes(`[${pid}]`)),
      );
      expect(refused).toEqual([]);
    }
  },
);
