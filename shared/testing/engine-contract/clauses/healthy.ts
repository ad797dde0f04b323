import type { Suite } from "../suite.ts";

const rotations = 3;

/** A rotation that nothing disturbs, counted by the server, by the proxy and by Secrets Manager. */
export function healthy({ test, expect, stage, variant, tally }: Suite): void {
  const mostConnections = variant.usesAdmin ? 3 : 2;
  const mostCalls = variant.usesAdmin ? 10 : 9;

  test(
    "healthy",
    `a healthy rotation: no failed login, at most ${mostConnections} connections, at most ${mostCalls} calls to Secrets Manager, 2 of them writes`,
    async () => {
      const { server, proxy, wire, aws, rotate, newSecret, labels, logsIn } = stage();
      const { id } = await newSecret(variant);
      for (let rotation = 1; rotation <= rotations; rotation++) {
        wire.disarm();
        const before = {
          connections: proxy.connections,
          refused: await server.failedLogins(),
          writes: aws.writes.length,
        };
        const versionId = await rotate(id);
        const calls = wire.messages.filter((message) => message.startsWith("secretsmanager"));
        const connections = proxy.connections - before.connections;
        const refused = (await server.failedLogins()) - before.refused;
        tally.failedLogins += refused;
        expect({
          refused,
          fewConnections: connections > 0 && connections <= mostConnections ? true : connections,
          fewCalls: calls.length > 4 && calls.length <= mostCalls ? true : calls,
          writes: aws.writes.slice(before.writes),
          labels: (await labels(id))[versionId],
          logsIn: await logsIn(id, "AWSCURRENT"),
          announced: aws.events.some(({ detail }) => JSON.stringify(detail).includes(versionId)),
          open: await proxy.leftOpen(),
        }).toEqual({
          refused: 0,
          fewConnections: true,
          fewCalls: true,
          writes: [
            { command: "PutSecretValueCommand", hasToken: true },
            { command: "UpdateSecretVersionStageCommand", hasToken: false },
          ],
          labels: ["AWSCURRENT"],
          logsIn: true,
          announced: true,
          open: 0,
        });
      }
    },
  );

  test("lock-out", "a server that locks a user out after two refused logins locks nobody out", async () => {
    const { server, rotate, newSecret, logsIn } = stage();
    await server.lockOutAfter?.(2);
    const { id } = await newSecret(variant);
    await rotate(id);
    await rotate(id);
    expect(await logsIn(id, "AWSCURRENT")).toEqual(true);
  });
}
