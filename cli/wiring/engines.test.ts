import { expect, test } from "vitest";
import { engineNamed } from "./engines.ts";

test("an access key of an IAM user is left to its own function, with what to do", async () => {
  await expect(engineNamed("iam-access-key")).rejects.toMatchObject({
    code: "engine-unsupported",
    hint: expect.stringContaining("read the function's log"),
  });
});

test("an engine is found by its name, and one that there is not is refused", async () => {
  expect((await engineNamed("valkey")).folder).toBe("rotate-redis");
  await expect(engineNamed("dbase")).rejects.toMatchObject({
    code: "engine-unsupported",
    context: { engine: "dbase" },
  });
});
