import { Agent } from "node:http";
import { connect, createServer, type Socket } from "node:net";
import { CreateUserCommand, ElastiCacheClient, ModifyUserCommand } from "@aws-sdk/client-elasticache";
import { startAwsFront } from "../../local/aws/front.ts";
import type { AwsService } from "../../local/aws/service.ts";
import { movableClock } from "../../local/clock.ts";
import { createElastiCache } from "../../local/elasticache/service.ts";
import type { UserServer } from "../../local/elasticache/user-book.ts";
import { elastiCacheUsers } from "../../shared/aws/elasticache/elasticache-users.ts";
import type { CacheUsers } from "../../shared/ports/cache-users.ts";
import type { Account } from "../../shared/testing/engine-contract/fixture.ts";

const place = { region: "us-east-1", accountId: "123456789012" };
const modifyingMs = 3_600_000;
const call = { signal: AbortSignal.timeout(3_600_000) };

/** ElastiCache's API at this address, each request on a connection of its own. */
const usersClient = (endpoint: string): ElastiCacheClient =>
  new ElastiCacheClient({
    endpoint,
    region: place.region,
    credentials: { accessKeyId: "local", secretAccessKey: "local" },
    maxAttempts: 1,
    requestHandler: {
      httpAgent: new Agent({ keepAlive: false }),
      connectionTimeout: 2_000,
      requestTimeout: 4_000,
      throwOnRequestTimeout: true,
    },
  });

/** The same, for the engine. */
export const usersAt = (endpoint: string): CacheUsers => elastiCacheUsers(usersClient(endpoint));

/** One port for the API and for the server: what begins with `POST` is HTTP. */
async function startBoth(api: number, server: number): Promise<{ readonly port: number; stop(): void }> {
  const sockets = new Set<Socket>();
  const both = createServer((client) => {
    client.once("data", (first) => {
      const upstream = connect(first.toString("latin1", 0, 4) === "POST" ? api : server, "127.0.0.1");
      for (const [one, other] of [
        [client, upstream],
        [upstream, client],
      ] as const) {
        sockets.add(one);
        one.on("error", () => other.destroy()).on("close", () => sockets.delete(one));
      }
      upstream.write(first);
      client.pipe(upstream).pipe(client);
    });
    client.on("error", () => client.destroy());
  });
  await new Promise<void>((resolve) => both.listen(0, "127.0.0.1", resolve));
  const address = both.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    stop() {
      for (const socket of sockets) socket.destroy();
      both.close();
    },
  };
}

export interface CacheUsersApi {
  /** The API alone. */
  readonly endpoint: string;
  /** The API and the server behind one port. */
  readonly port: number;
  readonly users: CacheUsers;
  readonly client: ElastiCacheClient;
  /** Makes a user with one password, and returns its ARN. */
  create(account: Account, accessString?: string): Promise<string>;
  /** Changes a user as an operator does, and waits until it is active. */
  change(arn: string, change: { readonly Passwords?: string[]; readonly AccessString?: string }): Promise<void>;
  stop(): Promise<void>;
}

/** ElastiCache's API of the local stack, whose users log in at this port. */
export async function startCacheUsersApi(port: number, server: UserServer): Promise<CacheUsersApi> {
  const clock = movableClock();
  const service = createElastiCache({ ...place, clock, modifyingMs, server });
  // A change is over when it has been asked about twice, however fast the machine is.
  const inTwoLooks: AwsService = {
    ...service,
    async handle(asked) {
      const reply = await service.handle(asked);
      if (asked.operation === "DescribeUsers") await clock.advance(modifyingMs / 2);
      return reply;
    },
  };
  const front = await startAwsFront({
    services: [inTwoLooks],
    accountId: place.accountId,
    allowedHosts: ["127.0.0.1"],
  });
  const both = await startBoth(Number(new URL(front.endpoint).port), port);
  const client = usersClient(front.endpoint);
  const users = elastiCacheUsers(client);
  let made = 0;
  async function untilActive(arn: string): Promise<void> {
    for (;;) {
      const user = await users.describe(arn, call);
      if (user === "absent" || user.status === "active") return;
    }
  }
  return {
    endpoint: front.endpoint,
    port: both.port,
    users,
    client,
    async create({ username, password }, AccessString = "on ~* +@all") {
      const UserId = `user-${++made}`;
      const user = { UserId, UserName: username, Engine: "redis", AccessString, Passwords: [password] };
      return (await client.send(new CreateUserCommand(user))).ARN ?? "";
    },
    async change(arn, change) {
      await untilActive(arn);
      await client.send(new ModifyUserCommand({ UserId: arn.split(":").at(-1), ...change }));
      await untilActive(arn);
    },
    async stop() {
      clock.stop();
      both.stop();
      client.destroy();
      await front.stop();
    },
  };
}
