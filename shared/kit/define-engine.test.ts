import { expect, test } from "vitest";
import { memoryEngine } from "../testing/memory-engine.ts";
import { defineEngine, type EngineParts, singleUser } from "./index.ts";

const engine = memoryEngine();
const single = singleUser(engine);

test("AWS's rule chooses the strategy where the engine has single-user, else the first is the default", () => {
  const dual = { ...single, name: "dual-password" } as const;
  expect(defineEngine({ engine, strategies: [dual, single] }).defaultStrategy).toBe("single-user");
  expect(defineEngine({ engine, strategies: [dual] }).defaultStrategy).toBe("dual-password");
});

test("each strategy is found by its name", () => {
  expect(defineEngine({ engine, strategies: [single] }).strategies).toEqual({ "single-user": single });
});

test.each([
  ["without a name", { engine: { ...engine, names: [] }, strategies: [single] }, "no name"],
  ["with two strategies of one name", { engine, strategies: [single, single] }, "the same name"],
] as [string, EngineParts<never>, string][])("an engine %s is refused: option-invalid", (_what, parts, problem) => {
  expect(() => defineEngine(parts)).toThrow(
    expect.objectContaining({
      code: "option-invalid",
      context: expect.objectContaining({ problem: expect.stringContaining(problem) }),
    }),
  );
});
