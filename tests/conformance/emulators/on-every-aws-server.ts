import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type AwsServerName, awsServers, type AwsUnderTest } from "../../support/aws-servers.ts";
import { type Difference, differences } from "./differences.ts";

type Tests = Readonly<Record<string, (aws: AwsUnderTest) => Promise<void>>>;

const differenceAt = (server: AwsServerName, name: string): Difference | undefined =>
  differences.find((difference) => difference.emulator === server && difference.test === name);

/**
 * Runs the same tests against the local stack, moto and ministack. A test that is listed as a difference must fail there
 * in the way that is listed, so the list cannot outlive an emulator's repair.
 */
export function onEveryAwsServer(tests: Tests): void {
  describe.each(awsServers)("$name", ({ name: server, absent, start }) => {
    describe.skipIf(absent)("as AWS", () => {
      let aws: AwsUnderTest;
      beforeAll(async () => {
        aws = await start();
      });
      afterAll(async () => aws.stop());

      for (const [name, run] of Object.entries(tests)) {
        const difference = differenceAt(server, name);
        if (difference === undefined) test(name, async () => run(aws));
        else {
          test(`differs: ${name}`, async () => {
            const failure: unknown = await run(aws).then(
              () => undefined,
              (error: unknown) => error,
            );
            expect(String(failure), `AWS: ${difference.aws}`).toMatch(difference.seen);
          });
        }
      }
    });
  });
}
