import { type Context, Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { setCookie } from "hono/cookie";
import type { PlaceAnswer } from "../contract.ts";
import type { Assets } from "./assets.ts";
import { bodyOf, textIn } from "./body.ts";
import { campaignRoutes } from "./campaign-routes.ts";
import type { Campaigns } from "./campaigns.ts";
import { capacityRoutes } from "./capacity-routes.ts";
import { fleetRoutes } from "./fleet-routes.ts";
import { cookieName, headers, noStore, ownHost, ownOrigin, sessionRequired, signedIn } from "./guard.ts";
import { problem, problemOf } from "./problem.ts";
import { type SecretOperations, secretRoutes } from "./secret-routes.ts";
import type { Sessions } from "./sessions.ts";
import type { FleetIndex } from "../../shared/operations/fleet/fleet-index.ts";
import type { LivePorts } from "./live-secret.ts";

/** What the operator brings along. */
export interface Backend {
  readonly ports: LivePorts;
  readonly operations: SecretOperations;
  readonly place: PlaceAnswer;
}

/** What a console keeps while it runs. */
interface Running {
  readonly index: FleetIndex;
  readonly campaigns: Campaigns;
  readonly sessions: Sessions;
  /** A secret is to be looked at again. */
  readonly changed: (secretArn: string) => void;
  /** Fires when the console ends. */
  readonly end: AbortSignal;
}

/** Where the page comes from, and the port that is listened on. */
interface Served {
  readonly assets: Assets;
  readonly port: () => number;
}

/** 100,000 ARNs of a bulk rotation are sent as the filter that found them, not by name. */
const mostBytes = 1_048_576;

const tooLarge = (context: Context): Response =>
  problem(context, 413, {
    code: "request-refused",
    message: "request-refused: it is larger than a megabyte",
    hint: "choose by a filter in place of single secrets",
  });

/** The page and its API. All of it is refused by another Host; the API by another origin, and without a session. */
export function consoleApp(
  { ports, operations, place }: Backend,
  { index, campaigns, sessions, changed, end }: Running,
  { assets, port }: Served,
): Hono {
  const api = new Hono()
    .use(ownOrigin(), bodyLimit({ maxSize: mostBytes, onError: tooLarge }))
    .post("/session", async (context) => {
      const session = sessions.open(textIn(await bodyOf(context), "token") ?? "");
      if (session === undefined) {
        return sessionRequired(context, "this address was opened before, or is too old");
      }
      setCookie(context, cookieName(port()), session.cookie, { httpOnly: true, sameSite: "Strict", path: "/api" });
      return context.json({ key: session.key });
    })
    .use(signedIn(sessions, port))
    .get("/place", (context) => context.json(place))
    .route("/fleet", fleetRoutes(ports, index, end))
    .route("/secrets", secretRoutes(ports, operations, changed, end))
    .route("/campaigns", campaignRoutes(campaigns, index, end))
    .route("/capacity", capacityRoutes());
  const hosts = (): readonly string[] => [`127.0.0.1:${port()}`, `localhost:${port()}`];
  return new Hono()
    .use(headers(), noStore, ownHost(hosts))
    .route("/api", api)
    .all("/api/*", (context) =>
      problem(context, 404, {
        code: "not-found",
        message: "not-found: the console has no such address",
        hint: "reload the page",
      }),
    )
    .get("*", (context) => {
      const { body, type } = assets(context.req.path);
      return context.body(body, 200, { "Content-Type": type });
    })
    .onError((error, context) => problemOf(error, context));
}
