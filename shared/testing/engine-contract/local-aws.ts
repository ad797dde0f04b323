import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { createFaults } from "../../../local/aws/faults.ts";
import { startAwsFront } from "../../../local/aws/front.ts";
import type { FunctionInvoker } from "../../../local/aws/service.ts";
import { movableClock } from "../../../local/clock.ts";
import type { EventEnvelope } from "../../../local/eventbridge/put-events.ts";
import { createEventBridge } from "../../../local/eventbridge/service.ts";
import { createSecretsManager } from "../../../local/secrets-manager/service.ts";
import type { Wire } from "./wire.ts";

/** Secrets Manager and EventBridge on loopback; every message of the rotation to them passes the wire. */
export interface LocalAws {
  /** The rotation's clients. */
  readonly secretsManager: SecretsManagerClient;
  readonly eventBridge: EventBridgeClient;
  /** The suite's own client. */
  readonly own: SecretsManagerClient;
  /** Writes that the rotation sent, and whether each carried a RotationToken. */
  readonly writes: readonly { readonly command: string; readonly hasToken: boolean }[];
  readonly events: readonly EventEnvelope[];
  /** Resolves when no step is running. A rotation may wait for its next attempt. */
  idle(): Promise<void>;
  /** Now, in milliseconds since 1970, as Secrets Manager sees it. */
  now(): number;
  advance(byMs: number): Promise<void>;
  /** Lets the attempts that a failed rotation has left pass by. */
  retry(): Promise<void>;
  /** Requests and their outcomes, as they may be printed. */
  readonly requests: readonly unknown[];
  stop(): Promise<void>;
}

const accountId = "123456789012";
const retryDelayMs = 1_000;
const attempts = 5;

export const rotationFunctionArn = `arn:aws:lambda:us-east-1:${accountId}:function:rotate`;

export async function startLocalAws(wire: Wire, invoke: FunctionInvoker["invoke"]): Promise<LocalAws> {
  const clock = movableClock();
  const service = createSecretsManager({
    clock,
    accountId,
    functions: { mayInvoke: () => true, invoke },
    retry: { attempts, delayMs: retryDelayMs },
  });
  const bus = createEventBridge({ clock, region: "us-east-1", accountId, deliver: async () => undefined });
  const events: EventEnvelope[] = [];
  bus.onEvent((_bus, event) => void events.push(event));
  const front = await startAwsFront({
    accountId,
    services: [service, bus],
    faults: {
      ...createFaults(),
      async strike({ service: called, operation }) {
        const fault = wire.next(`${called} ${operation}`);
        return fault === "hang" ? undefined : fault;
      },
    },
  });
  const config = {
    endpoint: front.endpoint,
    region: "us-east-1",
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
    maxAttempts: 1,
  };
  const own = new SecretsManagerClient(config);
  const secretsManager = new SecretsManagerClient(config);
  const writes: { command: string; hasToken: boolean }[] = [];
  secretsManager.middlewareStack.add(
    (next, { commandName = "" }) =>
      async (args) => {
        if (/^(?:Put|Update)/.test(commandName))
          writes.push({ command: commandName, hasToken: "RotationToken" in args.input });
        return next(args);
      },
    { step: "initialize" },
  );
  const eventBridge = new EventBridgeClient(config);
  return {
    secretsManager,
    eventBridge,
    own,
    writes,
    events,
    requests: front.requests,
    idle: async () => service.idle(),
    now: () => clock.now(),
    advance: async (byMs) => clock.advance(byMs),
    async retry() {
      for (let attempt = 0; attempt < attempts; attempt++) {
        await clock.advance(retryDelayMs * 2 ** attempts);
        // On a busy machine an attempt may have come due by itself, and is under way.
        await service.idle();
      }
    },
    async stop() {
      own.destroy();
      secretsManager.destroy();
      eventBridge.destroy();
      clock.stop();
      await front.stop();
    },
  };
}
