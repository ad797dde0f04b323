import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import {
  CreateQueueCommand,
  DeleteQueueCommand,
  ListQueuesCommand,
  SendMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import pg from "pg";
import { expect, onTestFinished } from "vitest";
import { type CliStage, startCliStage } from "../cli-stage.ts";
import { freePort } from "../free-port.ts";
import { takesConnections } from "../listening.ts";
import { type Changes, programFolder } from "./documented-programs.ts";

/** One of the page's programs, as a process of its own. */
export interface Service {
  readonly child: ChildProcess;
  readonly port: number;
  /** Where the programs lie. */
  readonly folder: string;
  /** What it has printed, on either stream. */
  output(): string;
  /** How it ended: its exit code, or the signal that ended it. */
  readonly ended: Promise<number | string | null>;
}

/** Keeps every query of the table `orders` waiting. */
export interface TableLock extends AsyncDisposable {
  release(): Promise<void>;
}

export interface ServiceStage {
  readonly cli: CliStage;
  readonly sqs: SQSClient;
  /** A user of the database with its secret, as `SECRET_ID`; the user's name is that of the secret. */
  secret(options?: { readonly alternating?: boolean }): Promise<string>;
  /** Rotates, until the new version is current and announced. */
  rotate(secretId: string): Promise<void>;
  /** Rotates, and asks until all connections are those of the other user; the replaced one would still log in. */
  moveOver(secretId: string, ask: () => Promise<unknown>): Promise<void>;
  /** It ends with the test, and its queue with it. */
  start(
    program: string,
    secretId: string,
    options?: {
      readonly changes?: Readonly<Record<string, Changes>>;
      readonly variables?: Readonly<Record<string, string>>;
      /** Words before the program's. */
      readonly node?: readonly string[];
      /** What starts Node. */
      readonly command?: readonly string[];
    },
  ): Promise<Service>;
  /** The same, once it takes requests. */
  startServer(...given: Parameters<ServiceStage["start"]>): Promise<Service>;
  lockTable(): Promise<TableLock>;
  /** Connections of the user and of its alternate. `waiting`: those whose query waits for a lock. */
  connections(secretId: string): Promise<{ readonly open: number; readonly waiting: number }>;
  /** The server's processes of those connections. */
  backends(secretId: string): Promise<readonly number[]>;
  /** Which of the two users is connected. */
  users(secretId: string): Promise<readonly string[]>;
  /** Queues that instances made for themselves. */
  subscriberQueues(): Promise<number>;
  newQueue(): Promise<string>;
  sendJob(queueUrl: string, id: number): Promise<void>;
  /** Sends the process a message and waits for its answer. */
  invoke(service: Service): Promise<object>;
  /** Has the server end every connection of the user and of its alternate. */
  cutConnections(secretId: string): Promise<void>;
  /** Logins of the user and of its alternate so far. */
  logins(secretId: string): Promise<number>;
  stop(): Promise<void>;
}

let secrets = 0;

function endGroup(pid = 0): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // It has ended.
  }
}

/** The local stack and a PostgreSQL with a table `orders`. `packages`: a folder of packages that the project has not. */
export async function startServiceStage(packages?: string): Promise<ServiceStage> {
  const cli = await startCliStage();
  const sqs = new SQSClient(cli.stack.clientConfig);
  const ready = new WeakSet<ChildProcess>();
  await cli.postgres.admin("CREATE TABLE orders (id int); GRANT SELECT, INSERT ON orders TO PUBLIC");
  const { host, port, superuser } = cli.postgres;
  // Signatures of an issued key are verified, with their dates.
  const user = cli.stack.aws.principals.createUser("service", [
    { Statement: [{ Effect: "Allow", Action: "*", Resource: "*" }] },
  ]);

  const subscriberQueues = async (): Promise<readonly string[]> =>
    (await sqs.send(new ListQueuesCommand({ QueueNamePrefix: "rekey-subscriber-" }))).QueueUrls ?? [];
  const activity = async (
    secretId: string,
  ): Promise<readonly { readonly pid: number; readonly user: string; readonly waits: boolean }[]> =>
    cli.postgres.admin(
      `SELECT pid, usename AS user, coalesce(wait_event_type = 'Lock', false) AS waits
       FROM pg_stat_activity WHERE usename IN ('${secretId}', '${secretId}_clone')`,
    );

  const stage: ServiceStage = {
    cli,
    sqs,
    async secret(options = {}) {
      const name = `service${++secrets}`;
      await cli.secret(name, options);
      return name;
    },
    async rotate(secretId) {
      await cli.secrets.rotateSecret({ SecretId: secretId });
      await cli.stack.secretsManager.idle();
    },
    async moveOver(secretId, ask) {
      await stage.rotate(secretId);
      const users = async (): Promise<readonly string[]> => {
        await ask();
        return stage.users(secretId);
      };
      await expect.poll(users, { timeout: 60_000 }).toEqual([`${secretId}_clone`]);
    },
    async start(program, secretId, { changes, variables = {}, node = [], command = [] } = {}) {
      const folder = await programFolder(packages, changes);
      onTestFinished(async () => folder[Symbol.asyncDispose]());
      const port = await freePort();
      const env = {
        ...cli.variables,
        AWS_ACCESS_KEY_ID: user.accessKeyId,
        AWS_SECRET_ACCESS_KEY: user.secretAccessKey,
        SECRET_ID: secretId,
        TOPIC_ARN: cli.outputs["SecretRotatedTopicArn"] ?? "",
        PORT: String(port),
        ...variables,
      };
      const [first = "", ...words]: readonly string[] = [
        ...command,
        process.execPath,
        ...node,
        path.join(folder.path, program),
      ];
      const child = spawn(first, words, {
        env,
        // A process group of its own, so that what it started can be ended with it.
        detached: true,
        stdio: ["ignore", "pipe", "pipe", "ipc"],
      });
      child.channel?.unref();
      let text = "";
      for (const stream of [child.stdout, child.stderr])
        stream?.setEncoding("utf8").on("data", (more: string) => (text += more));
      const ended = once(child, "close").then(([code, signal]) => (code ?? signal) as number | string | null);
      onTestFinished(async () => {
        endGroup(child.pid);
        await ended;
        for (const QueueUrl of await subscriberQueues()) await sqs.send(new DeleteQueueCommand({ QueueUrl }));
      });
      return { child, port, folder: folder.path, output: () => text, ended };
    },
    async startServer(...given) {
      const service = await stage.start(...given);
      for (let look = 0; !(await takesConnections(service.port)); look++) {
        if (look > 600 || service.child.exitCode !== null) throw new Error(`it did not start:\n${service.output()}`);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      return service;
    },
    async lockTable() {
      const holder = new pg.Client({
        host,
        port,
        user: superuser.username,
        password: superuser.password,
        database: "postgres",
      });
      await holder.connect();
      await holder.query("BEGIN; LOCK TABLE orders IN ACCESS EXCLUSIVE MODE");
      let releasing: Promise<void> | undefined;
      const release = async (): Promise<void> => (releasing ??= holder.end());
      return { release, [Symbol.asyncDispose]: release };
    },
    async connections(secretId) {
      const open = await activity(secretId);
      return { open: open.length, waiting: open.filter(({ waits }) => waits).length };
    },
    backends: async (secretId) => (await activity(secretId)).map(({ pid }) => pid),
    users: async (secretId) => [...new Set((await activity(secretId)).map(({ user }) => user))],
    subscriberQueues: async () => (await subscriberQueues()).length,
    async newQueue() {
      const { QueueUrl = "" } = await sqs.send(new CreateQueueCommand({ QueueName: `jobs-${++secrets}` }));
      return QueueUrl;
    },
    async sendJob(queueUrl, id) {
      await sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: String(id) }));
    },
    async invoke({ child }) {
      if (!ready.has(child)) await once(child, "message");
      ready.add(child);
      const answered = once(child, "message") as Promise<[object]>;
      child.send("invoke");
      return (await answered)[0];
    },
    async cutConnections(secretId) {
      await cli.postgres.admin(
        `SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename IN ('${secretId}', '${secretId}_clone')`,
      );
    },
    async logins(secretId) {
      return (
        (await cli.postgres.log()).split(new RegExp(`connection authorized: user=${secretId}(?:_clone)? `, "u"))
          .length - 1
      );
    },
    async stop() {
      sqs.destroy();
      await cli.stop();
    },
  };
  return stage;
}
