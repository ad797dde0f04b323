import { Hono } from "hono";
import { streamSSE } from "hono/streaming";
import type { FleetIndex } from "../../shared/operations/fleet/fleet-index.ts";
import type { CampaignChoice } from "../contract.ts";
import type { Campaigns } from "./campaigns.ts";
import type { ConsoleEnd } from "./console-end.ts";
import { problemText } from "./problem.ts";
import { filterOf } from "./selection.ts";

/** Secrets that rotate, of the choice: by ARN, or all that a filter lets through. */
function chosen(index: FleetIndex, choice: CampaignChoice): readonly string[] {
  if ("secrets" in choice) return [...new Set(choice.secrets)];
  const { search, tag, health } = choice;
  return index.rotating(filterOf({ search, tag, health: health?.join(",") }));
}

/** Rotations by hand, of one secret or of many: planned, started, followed, stopped. */
export function campaignRoutes(campaigns: Campaigns, index: FleetIndex, end: ConsoleEnd): Hono {
  return new Hono()
    .get("/", (context) => context.json(campaigns.all))
    .post("/plans", async (context) =>
      context.json(campaigns.plan(chosen(index, await context.req.json<CampaignChoice>()))),
    )
    .post("/", async (context) => {
      const { campaign, reason } = await context.req.json<{ campaign: string; reason?: string }>();
      return context.json(campaigns.start(campaign, reason === "" ? undefined : reason));
    })
    .post("/:campaign/stop", (context) => context.json(campaigns.stop(context.req.param("campaign"))))
    .get("/:campaign/live", (context) => {
      const campaign = context.req.param("campaign");
      const last = context.req.header("last-event-id");
      return streamSSE(context, async (stream) => {
        let id = last === undefined ? 0 : Number(last) + 1;
        try {
          for await (const event of campaigns.events(campaign, id, { signal: end.of(stream) })) {
            await stream.writeSSE({ event: "campaign", id: String(id++), data: JSON.stringify(event) });
          }
          await stream.writeSSE({ event: "over", data: "{}" });
        } catch (error) {
          await stream.writeSSE({ event: "problem", data: JSON.stringify(problemText(error)) });
        }
      });
    });
}
