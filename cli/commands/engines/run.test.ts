import { expect, test } from "vitest";
import { runRekey } from "../../../tests/support/run-rekey.ts";
import { rotationFunctions } from "../../../deploy/template/functions/rotation.ts";

test("every deployed rotation function has its lines", async () => {
  const { out, code } = await runRekey(["engines"], { env: {} });
  expect(code).toBe(0);
  for (const { name } of rotationFunctions) expect(out).toMatch(new RegExp(`^${name.replace("rotate-", "")} `, "mu"));
  expect(out).toMatch(
    /^mysql +dual-password +until-retired +no +the grace period, or else the next rotation +MySQL 9$/mu,
  );
  expect(out).toMatch(/^postgres +single-user \(default\) +none +yes /mu);
});

test("an engine is found by any name that a secret may give it", async () => {
  const { out } = await runRekey(["engines", "aurora-postgresql", "--json"], { env: {} });
  expect(JSON.parse(out)).toMatchObject([{ engine: "postgres", function: "rotate-postgres" }]);
});

test("another name is wrong use, and the names are told", async () => {
  const { err, code } = await runRekey(["engines", "db2"], { env: {} });
  expect(code).toBe(1);
  expect(err).toContain("option-invalid");
  expect(err).toContain("postgres, rabbitmq, redis, redshift");
});
