import { randomUUID } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { canRestart, type NamedVersion, type RestartStage, startRestartStage } from "../../support/restart-stage.ts";

const slow = { timeout: 180_000 };
const gatherMs = 10_000;

describe.skipIf(!canRestart)(
  "an attacker who can publish on the bus, and a service that is restarted for new versions",
  () => {
    let stage: RestartStage;
    let current: NamedVersion;
    /** New deployments so far: an execution that leaves the restart to another makes none. */
    async function restarts(): Promise<number> {
      let made = 0;
      for (const { executionArn } of await stage.executions("restart-service", "Restart")) {
        const history = await stage.cli("stepfunctions", "get-execution-history", "--execution-arn", executionArn);
        if (history.includes('"name": "NewDeployment"')) made += 1;
      }
      return made;
    }

    beforeAll(async () => {
      stage = await startRestartStage();
      await stage.deploy("restart-service", `GatherSeconds=${gatherMs / 1000}`, "Cluster=main", "Service=orders");
      current = await stage.createSecret("orders/db");
    }, 180_000);
    afterAll(async () => stage.stop());

    test("versions and secrets that do not exist restart nothing", slow, async () => {
      const unknown = { ...current, versionId: randomUUID() };
      const elsewhere = { ...current, secretArn: current.secretArn.replace("orders/db", "orders/none") };
      await stage.tell(unknown, elsewhere, unknown);
      const all = async () =>
        Promise.all(["Notice", "Restart"].map((name) => stage.executions("restart-service", name).catch(() => [])));
      const open = async () => (await all()).flat().filter(({ status }) => status === "RUNNING").length;
      await expect.poll(async () => (await all()).flat().length, slow).toBeGreaterThanOrEqual(3);
      await expect.poll(open, { ...slow, interval: 500 }).toBe(0);
      expect(await restarts()).toBe(0);
    });

    test("a flood of notices neither postpones the restart nor makes more than one in an interval", slow, async () => {
      const fromMs = Date.now();
      let told = 0;
      let made = 0;
      while (made === 0 && Date.now() - fromMs < 6 * gatherMs) {
        await stage.tell(current, current);
        told += 2;
        await wait(gatherMs / 10);
        if (told % 10 === 0) made = await restarts();
      }
      expect({ told: told > 5, made: made > 0 }).toEqual({ told: true, made: true });
      const intervals = Math.floor(Date.now() / gatherMs) - Math.floor(fromMs / gatherMs) + 1;
      expect(await restarts()).toBeLessThanOrEqual(intervals);
    });
  },
);
