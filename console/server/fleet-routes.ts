import { Hono } from "hono";
import type { FleetIndex } from "../../shared/operations/fleet/fleet-index.ts";
import { secretStatuses } from "../../shared/operations/fleet/secret-status.ts";
import { bounded, streamedEvents } from "./bounded-answers.ts";
import type { LivePorts } from "./live-secret.ts";
import { selectionOf } from "./selection.ts";

const tellEveryMs = 1_000;

/** The fleet in pages: the secrets, their status in Vault and with subscribers, and a stream of changes. */
export function fleetRoutes(
  ports: Pick<LivePorts, "mirrors" | "adoptions" | "log" | "nowMs" | "pause">,
  index: FleetIndex,
  end: AbortSignal,
): Hono {
  return new Hono()
    .get("/", (context) => {
      const { reading, revision } = index;
      return context.json({ ...index.view(selectionOf(context.req.query())), reading, revision });
    })
    .get("/standings", async (context) => {
      const { secrets } = index.view(selectionOf(context.req.query()));
      const found = await secretStatuses(ports, secrets, bounded(context, end));
      return context.json(Object.fromEntries(found));
    })
    .get("/live", (context) =>
      streamedEvents(context, end, async (stream, call) => {
        for (let told = ""; !call.signal.aborted; await ports.pause(tellEveryMs, call)) {
          const { reading, revision } = index;
          const data = JSON.stringify({ reading, revision });
          if (data !== told) await stream.writeSSE({ event: "fleet", data });
          told = data;
        }
      }),
    );
}
