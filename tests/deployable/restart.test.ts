import { setTimeout as wait } from "node:timers/promises";
import { GetFunctionConfigurationCommand } from "@aws-sdk/client-lambda";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { canRestart, type NamedVersion, type RestartStage, startRestartStage } from "../support/restart-stage.ts";

const slow = { timeout: 90_000 };
const gatherMs = 20_000;

/** What ministack does not do as a task of Step Functions: PublishVersion. So the function is restarted without an alias. */
describe.skipIf(!canRestart)("restarts on ministack's Step Functions", () => {
  let stage: RestartStage;
  let versions: readonly NamedVersion[];
  const statuses = async (stack: string, machine: string): Promise<readonly string[]> =>
    (await stage.executions(stack, machine)).map(({ status }) => status);

  beforeAll(async () => {
    stage = await startRestartStage();
    const gather = `GatherSeconds=${gatherMs / 1000}`;
    await stage.deploy("restart-service", gather, "Cluster=main", "Service=orders");
    await stage.deploy("restart-function", gather, "FunctionName=reader");
    versions = await Promise.all(["other/app", "orders/a", "orders/b", "orders/c"].map(stage.createSecret));
    // At the beginning of an interval, so that it takes all of them.
    while (Date.now() % gatherMs > gatherMs / 4) await wait(100);
    await stage.tell(...versions);
  }, 180_000);
  afterAll(async () => stage.stop());

  test(
    "three rotations at once of a service's secrets, and one of another's, are one new deployment",
    slow,
    async () => {
      const ended = Array.from({ length: 3 }, () => "SUCCEEDED");
      await expect.poll(() => statuses("restart-service", "Notice"), { ...slow, interval: 500 }).toEqual(ended);
      await expect
        .poll(() => statuses("restart-service", "Restart"), { ...slow, interval: 500 })
        .toEqual(["SUCCEEDED"]);
      const query = ["--query", "services[0].deployments[?status=='PRIMARY'].id", "--output", "text"];
      const named = ["--cluster", "main", "--services", "orders"];
      const primary = (await stage.cli("ecs", "describe-services", ...named, ...query)).trim();
      const [execution] = await stage.executions("restart-service", "Restart");
      const which = ["--execution-arn", execution?.executionArn ?? ""];
      expect(await stage.cli("stepfunctions", "describe-execution", ...which)).toContain(primary);
    },
  );

  test(
    "they change a function's configuration once, which is what makes Lambda replace its environments",
    slow,
    async () => {
      await expect
        .poll(() => statuses("restart-function", "Restart"), { ...slow, interval: 500 })
        .toEqual(["SUCCEEDED"]);
      const { Description } = await stage.lambda.send(new GetFunctionConfigurationCommand({ FunctionName: "reader" }));
      const told = versions.slice(1).map(({ versionId }) => `Restarted by rekey for version ${versionId}`);
      expect(told).toContain(Description);
    },
  );
});
