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
  /** Made when a container starts: the endpoint in it may not be known before, and its access key is its own. */
  readonly environment: () => Readonly<Record<string, string>>;
  readonly onLogLine: (line: string) => void;
}

/** The containers of one function: a warm one is used again, and each invocation at the same time has its own. */
export interface FunctionPool {
  /** `event` is JSON. */
  invoke(event: string, traceHeader: string, requestId?: string): Promise<InvocationOutcome>;
  /** Ends the container with this access key in the middle of what it does. `false`: it does nothing. */
  kill(accessKeyId: string): boolean;
  stop(): Promise<void>;
}

/** As many as wait for the next invocation; Lambda, too, ends those that a rush has left. */
const mostIdle = 8;

interface Place {
  readonly accessKeyId: string | undefined;
  isBusy: boolean;
}

export function createFunctionPool(options: FunctionPoolOptions): FunctionPool {
  const { name, arn, timeoutMs, memoryMb } = options;
  const all = new Map<Container, Place>();
  const idle: Container[] = [];
  let stopped = false;

  const cold = (): Container => {
    const environment = options.environment();
    const container = startContainer({
      bundlePath: options.bundlePath,
      handlerName: options.handler.split(".").at(-1) ?? "handler",
      environment,
      onLogLine: options.onLogLine,
    });
    all.set(container, { accessKeyId: environment["AWS_ACCESS_KEY_ID"], isBusy: false });
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
    async invoke(event, traceHeader, requestId = randomUUID()) {
      const container = warm() ?? cold();
      const place = all.get(container);
      if (place !== undefined) place.isBusy = true;
      const outcome = await container.invoke(
        {
          requestId,
          event,
          functionName: name,
          functionArn: arn,
          memoryMb,
          logGroupName: `/aws/lambda/${name}`,
          logStreamName: "local",
          traceHeader,
        },
        timeoutMs,
      );
      if (place !== undefined) place.isBusy = false;
      if (container.alive && !stopped && idle.length < mostIdle) idle.push(container);
      else {
        all.delete(container);
        await container.dispose();
      }
      return outcome;
    },
    kill(accessKeyId) {
      for (const [container, place] of all) {
        if (place.accessKeyId !== accessKeyId || !place.isBusy) continue;
        void container.dispose();
        return true;
      }
      return false;
    },
    async stop() {
      stopped = true;
      await Promise.all([...all.keys()].map(async (container) => container.dispose()));
      all.clear();
      idle.length = 0;
    },
  };
}
