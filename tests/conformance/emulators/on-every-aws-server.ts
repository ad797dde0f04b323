import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type AwsServerName, awsServers, type AwsUnderTest } from "../../support/aws-servers.ts";
import { type Difference, differences, type Suite } from "./differences.ts";

type Tests = Readonly<Record<string, (aws: AwsUnderTest) => Promise<void>>>;

/**
 * Runs the same tests against the local stack, moto and ministack. A test that is listed as a difference must fail there
 * in the way that is listed, so that the list cannot outlive an emulator's repair.
 */
export function onEveryAwsServer(suite: Suite, tests: Tests): void {
  const listed = differences.filter((difference) => difference.suite === suite);
  const differenceOf = (server: AwsServerName, name: string): Difference | undefined =>
    listed.find(({ emulator, test }) => emulator === server && test === name);

  test("each difference that is listed names a test, once", () => {
    const titles = Object.keys(tests);
    const met = new Set(awsServers.flatMap(({ name }) => titles.map((title) => differenceOf(name, title))));
    expect(listed.filter((difference) => !met.has(difference))).toEqual([]);
  });

  for (const { name: server, absent, start } of awsServers) {
    describe.skipIf(absent)(`on ${server}`, () => {
      let aws: AwsUnderTest;
      beforeAll(async () => {
        aws = await start();
      });
      afterAll(async () => aws.stop());

      for (const [name, run] of Object.entries(tests)) {
        const difference = differenceOf(server, name);
        if (difference === undefined) {
          test(`as AWS: ${name}`, async () => {
            expect(await run(aws)).toBeUndefined();
          });
        } else {
          test(`not as AWS: ${name}`, async () => {
            const failure: unknown = await run(aws).catch((error: unknown) => error);
            expect(failure, "it does what AWS does now: take it off the list").toBeInstanceOf(Error);
            expect(String(failure), `AWS: ${difference.aws}`).toMatch(difference.seen);
          });
        }
      }
    });
  }
}
