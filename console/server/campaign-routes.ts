import { type Context, Hono } from "hono";
import type { FleetIndex } from "../../shared/operations/fleet/fleet-index.ts";
import { bodyOf, textIn, textsIn } from "./body.ts";
import type { Campaigns } from "./campaigns.ts";
import { filterOf } from "./selection.ts";
import { streamedEvents } from "./bounded-answers.ts";

/** Secrets that rotate, of the choice: by ARN, or all that a filter lets through. */
async function chosen(index: FleetIndex, context: Context): Promise<readonly string[]> {
  const body = await bodyOf(context);
  const secrets = textsIn(body, "secrets");
  if (secrets !== undefined) return [...new Set(secrets)];
  const [search, tag, health] = [textIn(body, "search"), textIn(body, "tag"), textIn(body, "health")];
  return index.rotating(filterOf({ search, tag, health }));
}

/** Rotations by hand, of one secret or of many: planned, started, followed, stopped. */
export function campaignRoutes(campaigns: Campaigns, index: FleetIndex, end: AbortSignal): Hono {
  return new Hono()
    .get("/", (context) => context.json(campaigns.all))
    .post("/plans", async (context) => context.json(campaigns.plan(await chosen(index, context))))
    .post("/", async (context) => {
      const body = await bodyOf(context);
      const [campaign = "", reason] = [textIn(body, "campaign"), textIn(body, "reason")];
      return context.json(campaigns.start(campaign, reason === "" ? undefined : reason));
    })
    .post("/:campaign/stop", (context) => context.json(campaigns.stop(context.req.param("campaign"))))
    .get("/:campaign/live", (context) => {
      const campaign = context.req.param("campaign");
      const last = context.req.header("last-event-id");
      return streamedEvents(context, end, async (stream, call) => {
        let id = last === undefined ? 0 : Number(last) + 1;
        for await (const event of campaigns.events(campaign, id, call)) {
          await stream.writeSSE({ event: "campaign", id: String(id++), data: JSON.stringify(event) });
        }
        await stream.writeSSE({ event: "over", data: "{}" });
      });
    });
}
