import { describe, expect, test } from "vitest";
import { awsServers } from "../../support/aws-servers.ts";
import { replaySecretsManagerVectors, vectorCount } from "../secrets-manager-vectors.ts";
import { vectorDifferences } from "./vector-differences.ts";

/** The id of a step without its title. */
const idOf = (step: string): string => step.split(" ")[0] ?? "";

const emulators = awsServers.filter(({ name }) => name !== "the local stack");

describe.each(emulators)("$name", ({ name, absent, start }) => {
  test.skipIf(absent)("fails the Secrets Manager vectors that are listed, and no other", async () => {
    const aws = await start();
    try {
      const { endpoint, idleFunctionArn: lambdaArn } = aws;
      const results = await replaySecretsManagerVectors({ endpoint, lambdaArn });
      const failed = results.filter(({ problem }) => problem !== undefined).map(({ step }) => idOf(step));
      process.stdout.write(`${name}: ${results.length - failed.length} of ${results.length} vectors agree\n`);
      expect(results).toHaveLength(vectorCount);
      const listed = vectorDifferences.filter(({ emulator }) => emulator === name).flatMap(({ steps }) => steps);
      expect(failed.sort()).toEqual(listed.sort());
    } finally {
      await aws.stop();
    }
  });
});
