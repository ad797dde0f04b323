import { randomUUID } from "node:crypto";
import { startContainer, type Container, type InvocationOutcome } from "./container.ts";

export interface FunctionPoolOptions {
  readonly name: string;
  readonly arn: string;
  readonly bundlePath: string;
  /** As in the template: `index.handler`. */
  readonly handler: string;
  readonly timeoutMs: number;
  readonly memoryMb: number;
  /** Made when a container starts, since the endpoint in it may not be known before. */
  readonly environment: () => Readonly<Record<string, string>>;
  readonly onLogLine: (line: string) => void;
}

/** The containers of one function: a warm one is used again, and each invocation at the same time has its own. */
export interface FunctionPool {
  /** `event` is JSON. */
  invoke(event: string, requestId?: string): Promise<InvocationOutcome>;
  stop(): Promise<void>;
}

export function createFunctionPool(options: FunctionPoolOptions): FunctionPool {
  const { name, arn, timeoutMs, memoryMb } = options;
  const all = new Set<Container>();
  const idle: Container[] = [];
  let stopped = false;

  const cold = (): Container => {
    const container = startContainer({
      bundlePath: options.bundlePath,
      handlerName: options.handler.split(".").at(-1) ?? "handler",
      environment: options.environment(),
      onLogLine: options.onLogLine,
    });
    all.add(container);
    return container;
  };
  const warm = (): Container | undefined => {
    for (let container = idle.pop(); container !== undefined; container = idle.pop()) {
      if (container.alive) return container;
      all.delete(container);
    }
    return undefined;
  };

  return {
    async invoke(event, requestId = randomUUID()) {
      const container = warm() ?? cold();
      const outcome = await container.invoke(
        {
          requestId,
          event,
          functionName: name,
          functionArn: arn,
          memoryMb,
          logGroupName: `/aws/lambda/${name}`,
          logStreamName: "local",
        },
        timeoutMs,
      );
      if (container.alive && !stopped) idle.push(container);
      else all.delete(container);
      return outcome;
    },
    async stop() {
      stopped = true;
      await Promise.all([...all].map(async (container) => container.dispose()));
      all.clear();
      idle.length = 0;
    },
  };
}
