import { Hono } from "hono";
import { streamSSE } from "hono/streaming";
import type { FleetIndex } from "../../shared/operations/fleet/fleet-index.ts";
import type { FleetPorts } from "../../shared/operations/fleet/ports.ts";
import { standings } from "../../shared/operations/fleet/standing.ts";
import { bounded, type ConsoleEnd } from "./console-end.ts";
import { selectionOf } from "./selection.ts";

const tellEveryMs = 1_000;

/** All secrets: a part of them at a time, how that part stands in Vault and with its subscribers, and when that changes. */
export function fleetRoutes(
  ports: Pick<FleetPorts, "mirrors" | "adoptions">,
  index: FleetIndex,
  end: ConsoleEnd,
): Hono {
  return new Hono()
    .get("/", (context) => {
      const { reading, revision } = index;
      return context.json({ ...index.view(selectionOf(context.req.query())), reading, revision });
    })
    .get("/standings", async (context) => {
      const { secrets } = index.view(selectionOf(context.req.query()));
      const found = await standings(ports, secrets, bounded(context, end));
      return context.json(Object.fromEntries(found));
    })
    .get("/live", (context) =>
      streamSSE(context, async (stream) => {
        let told = "";
        await end.whileOpen(stream, tellEveryMs, async () => {
          const { reading, revision } = index;
          const data = JSON.stringify({ reading, revision });
          if (data !== told) await stream.writeSSE({ event: "fleet", data });
          told = data;
        });
      }),
    );
}
