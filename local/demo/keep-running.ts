import { howToLookAround } from "./look-around.ts";
import { narrator } from "./narrator.ts";
import type { Outcome } from "./rotate-under-load.ts";
import { startSampleService } from "./sample-service.ts";
import { serveConsole } from "./serve-console.ts";

/** Both services query on, to be rotated by hand, and the web console is served, until `cleanup`. */
export async function keepRunning(
  { world, services }: Outcome,
  cleanup: AsyncDisposableStack,
  interruption: AbortSignal,
): Promise<void> {
  const say = narrator(interruption);
  for (const { name, strategy, secretArn } of services) {
    const service = await startSampleService(world, name, strategy, secretArn, {
      onNotice: () => undefined,
      onMoved: () =>
        say(
          name,
          `service opens new connections with the new credential, ${service.failures.length} failed queries`,
          "green",
        ),
      onDrained: () => undefined,
    });
    cleanup.defer(service.stop);
  }
  console.log(howToLookAround(world, await serveConsole(world, cleanup)));
}
