import { describe, expect, test } from "vitest";
import { memoryAdminId, memoryRotation } from "../testing/memory-rotation.ts";
import { dualPassword } from "./strategies/dual-password.ts";

type Options = Partial<Parameters<typeof memoryRotation>[0]>;

describe("the strategy of a secret that names none", () => {
  const strategyOf = async (options: Options): Promise<string | undefined> => {
    const stage = memoryRotation({ strategy: "single-user", ...options });
    stage.store.tags.delete("rekey:strategy");
    stage.store.beginRotation("v1");
    const invoke = stage.container();
    for (const step of ["createSecret", "setSecret", "testSecret", "finishSecret"] as const) await invoke(step);
    const [event] = stage.publisher.events;
    return event?.type === "Secret Rotated" ? event.strategy : undefined;
  };
  const defaultStrategy = "dual-password" as const;

  test("is AWS's: alternating users with an admin secret, a single user without", async () => {
    const wiring = () => ({ defaultStrategy });
    await expect(strategyOf({ wiring })).resolves.toBe("single-user");
    await expect(strategyOf({ wiring, fields: { masterarn: memoryAdminId } })).resolves.toBe("alternating-users");
  });

  test("is the function's own where the engine has none of those", async () => {
    const wiring: Options["wiring"] = (engine) => ({
      strategies: { "dual-password": dualPassword(engine) },
      defaultStrategy,
    });
    await expect(strategyOf({ wiring })).resolves.toBe("dual-password");
  });
});

describe("a secret that this function cannot rotate", () => {
  test("names another engine: the error says which, cut to what a log can bear", async () => {
    const stage = memoryRotation({ strategy: "single-user", fields: { engine: "x".repeat(50) } });
    stage.store.beginRotation("v1");
    await expect(stage.container()("createSecret")).rejects.toMatchObject({
      code: "engine-unsupported",
      context: { engine: "x".repeat(40) },
    });
  });

  test("names a strategy that the engine does not have: the error says both", async () => {
    const stage = memoryRotation({ strategy: "issued", wiring: () => ({ strategies: {} }) });
    stage.store.beginRotation("v1");
    await expect(stage.container()("createSecret")).rejects.toMatchObject({
      code: "engine-unsupported",
      context: { engine: "memory", strategy: "issued" },
    });
  });

  test("names a strategy that the engine does not have: the error says which ones it has", async () => {
    const wiring: Options["wiring"] = (engine) => ({
      strategies: { "single-user": dualPassword(engine), "dual-password": dualPassword(engine) },
    });
    const stage = memoryRotation({ strategy: "issued", wiring });
    stage.store.beginRotation("v1");
    await expect(stage.container()("createSecret")).rejects.toMatchObject({
      hint: expect.stringContaining("has single-user and dual-password: name one of them in the tag rekey:strategy,"),
    });
  });
});

test("an engine without names takes a secret of any engine", async () => {
  const stage = memoryRotation({ strategy: "single-user", fields: { engine: "anything" } });
  Object.assign(stage.engine, { names: [] });
  stage.store.beginRotation("v1");
  await expect(stage.container()("createSecret")).resolves.toBe("done");
});
