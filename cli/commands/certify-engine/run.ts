import { randomBytes } from "node:crypto";
import { RekeyError } from "../../../shared/errors/rekey-error.ts";
import {
  certify,
  type ClauseResult,
  type EngineFixture,
  type EngineReport,
} from "../../../shared/testing/engine-contract/index.ts";
import { defined } from "../../../shared/secrets/defined.ts";
import { type Certified, type LiveFixture, liveFixture } from "../../certification/live-fixture.ts";
import type { Source } from "../../certification/live-server.ts";
import { type CommandContext, interruptedCode, type Options, type Run } from "../../command.ts";
import { flagOption, listOption, numberOption, textOption } from "../../options.ts";
import { print, printJson } from "../../output/output.ts";
import { confirmed, progressLine } from "../../output/terminal.ts";
import { namedServer } from "./named-server.ts";
import { outsideFixture } from "./outside-fixture.ts";
import { type Certificate, certificateOf, certificateText, type Facts } from "./report.ts";

/** Of each way to rotate, in addition to its points; each of these takes a user of its own and 1 to 5 rotations. */
const fixedTests = 60;
/** More messages than any engine's rotation has, each broken in four ways, and in two until somebody gives up. */
const pointsOfAll = 240;

function pointsOf(options: Options): number | undefined {
  const points = numberOption(options, "points");
  if (points === undefined || (Number.isInteger(points) && points > 0)) return points;
  throw new RekeyError("option-invalid", { context: { option: "points", problem: "not a whole number above 0" } });
}

/** What the run is going to do, for somebody who may have named the wrong server. */
function planText(
  { place: { target, admin, prefix }, version }: Certified,
  { variants }: EngineFixture,
  points: number | undefined,
): readonly string[] {
  const most = variants.length * (fixedTests + Math.min(pointsOfAll, 2 * (points ?? pointsOfAll)));
  return [
    `Certify rekey on ${version} at ${target.host}:${target.port}, as ${admin.username} (TLS ${target.tls.mode}):`,
    `  make up to ${most} users ${prefix}_…, rotate each up to 5 times, lock and expire some of them`,
    "  break the connections of these rotations at every step, and refuse the server's certificate on purpose",
    "  remove every user whose name begins so; touch no other user, and nothing of your AWS account",
  ];
}

async function report(
  fixture: EngineFixture,
  points: number | undefined,
  { signal }: CommandContext,
  onResult: (result: ClauseResult) => void = () => undefined,
): Promise<EngineReport> {
  const line = progressLine();
  let done = 0;
  try {
    return await certify(fixture, {
      signal,
      ...defined({ points }),
      onResult(result) {
        line.show(`${++done} tests done: ${result.group}: ${result.sentence}`);
        onResult(result);
      },
    });
  } finally {
    line.clear();
  }
}

function printed(certificate: Certificate, json: boolean): number {
  if (json) printJson(certificate, 2);
  else print(...certificateText(certificate));
  if (certificate.outcome === "interrupted") return interruptedCode;
  return certificate.outcome === "holds" ? 0 : 1;
}

/** One user is made and removed first: what the administrator may not do is said once, and not by every test. */
async function checkRights({ server, place }: Certified): Promise<void> {
  const username = `${place.prefix}_rights`;
  const users = server.users(place);
  await users.create({ username, password: randomBytes(24).toString("base64url") });
  await users.remove(username);
}

async function certifyLive(certified: Certified, live: LiveFixture, facts: Facts, context: CommandContext) {
  let found: EngineReport | undefined;
  let left: readonly string[] = [];
  const sources = new Map<string, readonly Source[]>();
  try {
    await checkRights(certified);
    found = await report(live.fixture, facts.points, context, ({ group, clause }) => {
      if (clause === "clear-text") sources.set(group, live.sources());
    });
  } finally {
    const { prefix } = certified.place;
    left = await live.removeUsers().catch(() => [`unknown: see the users whose name begins with ${prefix}`]);
    if (found === undefined && left.length > 0) print(...left.map((name) => `could not be removed: ${name}`));
  }
  const users = { prefix: certified.place.prefix, made: live.made(), left };
  return certificateOf(facts, found, context.isInterrupted(), { users, sources });
}

/** Runs the engine contract against a server that the caller names, in users that it makes and removes. */
export const run: Run = async (_words, options, context) => {
  const points = pointsOf(options);
  const json = flagOption(options, "json");
  const about = (server: string, engine: string): Facts => ({
    server,
    engine,
    rekey: context.program.version,
    node: process.versions.node,
    at: new Date().toISOString(),
    ...defined({ points }),
  });
  const module = textOption(options, "module");
  const secretId = textOption(options, "secret");
  if ((module === undefined) === (secretId === undefined)) {
    const problem = "name a server by --secret, or a fixture by --module";
    throw new RekeyError("option-invalid", { context: { option: "secret", problem } });
  }
  if (module !== undefined) {
    const fixture = await outsideFixture(module);
    const found = await report(fixture, points, context);
    const [engine = "any"] = fixture.engine.names;
    return printed(certificateOf(about(fixture.name, engine), found, context.isInterrupted()), json);
  }
  const certified = await namedServer(
    {
      secretId: secretId ?? "",
      engine: textOption(options, "engine"),
      tlsCa: textOption(options, "tlsCa"),
      strategies: listOption(options, "strategy"),
      prefix: `rekey_${randomBytes(4).toString("hex")}`,
    },
    context,
  );
  const live = liveFixture(certified);
  const plan = planText(certified, live.fixture, points);
  if (!(await confirmed(plan, flagOption(options, "yes"), context.signal))) return 1;
  const { engine, host, port, tls } = certified.place.target;
  const facts: Facts = { ...about(certified.version, engine), host, port, tls: tls.mode };
  return printed(await certifyLive(certified, live, facts, context), json);
};
