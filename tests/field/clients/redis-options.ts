import { type Client, next, outcome, row, type Subject } from "./redis-subject.ts";
import type { Row } from "./surface.ts";

/** An option whose effect is that commands work, and that the client shows it. */
const option = (
  name: string,
  value: unknown,
  observe: (client: Client) => Promise<unknown> = async (client) => client.ping(),
): Row<Subject> =>
  row(`option ${name}: ${JSON.stringify(value)}`, [name], { [name]: value }, async (client) => {
    const shown = (client.options as Readonly<Record<string, unknown>>)[name];
    return [typeof shown === "object" ? typeof shown : shown, await observe(client)];
  });

/** One inside `socket`. */
const socketOption = (name: string, value: unknown): Row<Subject> =>
  row(`option socket.${name}: ${String(value)}`, [`socket.${name}`], { socket: { [name]: value } }, async (client) => [
    (client.options.socket as Readonly<Record<string, unknown>>)[name],
    await client.ping(),
  ]);

async function credentialsOf(client: Client): Promise<unknown> {
  const provider = client.options.credentialsProvider as unknown as { credentials(): Promise<object> };
  return Object.keys(await provider.credentials()).sort();
}

export const redisOptionRows: readonly Row<Subject>[] = [
  row(
    "option clientSideCache",
    ["clientSideCache"],
    { RESP: 3, clientSideCache: { ttl: 0, maxEntries: 10 } },
    async (client) => {
      await client.set("surface:i", "1");
      return [await client.get("surface:i"), await client.get("surface:i"), client.clientSideCache?.stats().hitCount];
    },
  ),
  row("option disableOfflineQueue", ["disableOfflineQueue"], { disableOfflineQueue: true }, async (client, { cut }) => {
    const lost = next(client, "reconnecting");
    await cut(await client.clientId());
    await lost;
    return outcome(() => client.ping());
  }),
  row("option commandsQueueMaxLength", ["commandsQueueMaxLength"], { commandsQueueMaxLength: 20 }, async (client) => {
    await client.ping();
    const answers = await Promise.allSettled(Array.from({ length: 30 }, async () => client.ping()));
    return answers.map(({ status }) => status);
  }),
  row(
    "option socket.reconnectStrategy: false",
    ["socket.reconnectStrategy"],
    { socket: { reconnectStrategy: false } },
    async (client, { cut }) => {
      const failed = next(client, "error");
      await cut(await client.clientId());
      await failed;
      return [client.isOpen, await outcome(() => client.ping())];
    },
  ),
  row(
    "option socket.reconnectStrategy: a function",
    ["socket.reconnectStrategy"],
    { socket: { reconnectStrategy: (retries: number) => 10 + retries } },
    async (client, { cut }) => {
      const ready = next(client, "ready");
      await cut(await client.clientId());
      await ready;
      return client.ping();
    },
  ),
  row(
    "option socket.socketTimeout, by the driver's own strategy",
    ["socket.socketTimeout"],
    { socket: { socketTimeout: 200 } },
    async (client) => {
      const [error] = (await next(client, "error")) as [Error];
      return [error.message, client.isOpen];
    },
  ),
  row("options: what the client shows", ["options", "socket"], { name: "surface", RESP: 3 }, async (client) => {
    const { credentialsProvider, ...shown } = client.options;
    return [shown.name, shown.RESP, typeof credentialsProvider, await credentialsOf(client)];
  }),
  row("options: a user and a password in them", ["username", "password"], {}, async (client) => [
    typeof client.options.username,
    typeof client.options.password,
  ]),
  row("reAuthenticate", ["reAuthenticate", "credentialsProvider"], {}, async (client) =>
    outcome(async () =>
      (client as unknown as { reAuthenticate(login: unknown): Promise<void> }).reAuthenticate(
        await credentialsOf(client),
      ),
    ),
  ),
  option("name", "surface", async (client) => client.clientGetName()),
  option("database", 3, async (client) => / db=(\d+)/.exec(await client.sendCommand<string>(["CLIENT", "INFO"]))?.[1]),
  option("keyPrefix", "app:", async (client) => {
    await client.set("k", "v");
    return client.sendCommand(["GET", "app:k"]);
  }),
  option("readonly", false),
  option("pingInterval", 50, async (client) => next(client, "ping-interval")),
  option("commandOptions", {}),
  option("disableClientInfo", true),
  option("clientInfoTag", "surface", async (client) =>
    (await client.sendCommand<string>(["CLIENT", "INFO"])).includes("surface"),
  ),
  option("maintNotifications", "disabled"),
  option("maintEndpointType", "auto"),
  option("maintRelaxedCommandTimeout", 1_000),
  option("maintRelaxedSocketTimeout", 1_000),
  socketOption("connectTimeout", 4_000),
  socketOption("noDelay", true),
  socketOption("keepAlive", true),
  socketOption("keepAliveInitialDelay", 1_000),
  row("option url: the place, without a user", ["url"], {}, async (client) => typeof client.options.url),
];
