import { AclOperations, ResourceTypes } from "@platformatic/kafka";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { strategiesOn } from "../../functions/rotate-kafka/rotation.ts";
import type { Account } from "../../shared/testing/engine-contract/fixture.ts";
import { kafkaProgram, type KafkaUnderTest, startKafka } from "../support/kafka.ts";
import { allow, describeRights, giveClusterRights, kafkaFixture, kafkaServerOf } from "../support/kafka-fixture.ts";
import { fieldCase, printFieldCases } from "./field-cases.ts";
import { type FieldStage, refusedAs, rotated, startFieldStage } from "./field-stage.ts";

printFieldCases();

const both = ["SCRAM-SHA-256", "SCRAM-SHA-512"] as const;

describe.skipIf(kafkaProgram === undefined)("users of a Kafka", () => {
  let kafka: KafkaUnderTest;
  let field: FieldStage;
  beforeAll(async () => {
    kafka = await startKafka(kafkaProgram ?? "");
    field = await startFieldStage(kafkaFixture(kafkaProgram ?? ""), await kafkaServerOf(kafka), strategiesOn);
  }, 60_000);
  afterAll(async () => {
    await field.stop();
    await kafka.stop();
  });

  test.each(["single-user", "alternating-users", "dual-password"] as const)(
    "an ordinary user is rotated by %s with an admin, and nothing is said of it",
    async (strategy) =>
      fieldCase("doctor does not see it", async () => {
        expect(await field.rotate({ strategy, usesAdmin: true })).toMatchObject({ ...rotated, warned: [] });
      })(),
  );

  test.each(["single-user", "dual-password"] as const)(
    "without an admin, only a user with rights on the cluster is rotated by %s",
    async (strategy) =>
      fieldCase("doctor does not see it", async () => {
        expect(await field.rotate({ strategy })).toMatchObject(refusedAs("database-rights-missing"));
        const situate = async ({ username }: Account): Promise<void> => giveClusterRights(kafka, username);
        expect(await field.rotate({ strategy, situate })).toMatchObject(rotated);
      })(),
  );

  test(
    "a user with one password for both mechanisms is rotated by all strategies, and the old one ends",
    fieldCase("values changed or lost", async () => {
      const situate = async ({ username, password }: Account): Promise<void> =>
        kafka.setPassword(username, password, both);
      const single = await field.rotate({ strategy: "single-user", usesAdmin: true, situate });
      expect(single).toMatchObject(rotated);
      expect(await kafka.accepts(single.account.username, single.account.password)).toBe(false);
      const dual = await field.rotate({ strategy: "dual-password", usesAdmin: true, situate });
      expect(dual).toMatchObject(rotated);
      expect(await kafka.held(dual.account.username)).toEqual(both);
    }),
  );

  test(
    "with dual passwords the secret says which mechanism each one is for, and both of a rotation log in",
    fieldCase("values changed or lost", async () => {
      const { secretId, account } = await field.rotate({ strategy: "dual-password", usesAdmin: true });
      const mechanismOf = async (label: string): Promise<unknown> =>
        (JSON.parse((await field.stage.read(secretId, label)) ?? "{}") as Record<string, unknown>)["sasl_mechanism"];
      expect([await mechanismOf("AWSPREVIOUS"), await mechanismOf("AWSCURRENT")]).toEqual([undefined, both[0]]);
      expect(await kafka.accepts(account.username, account.password, [both[1]])).toBe(true);
      await field.stage.rotate(secretId);
      expect([await mechanismOf("AWSPREVIOUS"), await mechanismOf("AWSCURRENT")]).toEqual(both);
      expect(await kafka.accepts(account.username, account.password)).toBe(false);
    }),
  );

  test(
    "a name that somebody has rights for is not taken as an alternate, though it has no password",
    fieldCase("an account rewritten", async () => {
      const situate = async ({ username }: Account): Promise<void> =>
        allow(kafka, `${username}_clone`, { resourceType: ResourceTypes.GROUP, operation: AclOperations.READ });
      const seen = await field.rotate({ strategy: "alternating-users", situate });
      expect(seen).toMatchObject(refusedAs("user-collision"));
      expect(await kafka.held(`${seen.account.username}_clone`)).toEqual([]);
    }),
  );

  test(
    "an alternate loses what the first user has lost",
    fieldCase("an account rewritten", async () => {
      const { secretId, account } = await field.rotate({ strategy: "alternating-users" });
      const alternate = `${account.username}_clone`;
      await allow(kafka, alternate, {});
      await field.stage.rotate(secretId);
      expect(await describeRights(kafka, alternate)).toEqual([]);
    }),
  );
});
