import type { EventEnvelope } from "../../local/eventbridge/put-events.ts";
import { deadLetters, reconcileAll, redriveAll, untilCalm } from "./calm.ts";
import { deadSecrets, type Healed, healRotations } from "./heal.ts";
import { type Canaries, scan } from "./judge/canaries.ts";
import { type Explained, explain } from "./judge/dead-letters.ts";
import { type Histories, histories, wrongMirrors } from "./judge/mirrors.ts";
import { unannounced, wrongServices } from "./judge/services.ts";
import { type ChaosOptions, planOf } from "./plan.ts";
import { type Storm, storm } from "./storm.ts";
import { startWorld } from "./world.ts";

export interface ChaosReport {
  readonly options: ChaosOptions;
  readonly products: readonly string[];
  readonly storm: Storm;
  /** How many versions became current, the first ones among them. */
  readonly promotions: number;
  readonly rotationStates: Readonly<Record<string, number>>;
  readonly healed: Healed;
  readonly deadSecrets: readonly string[];
  /** Messages that lay in dead-letter queues after the storm, and why. */
  readonly deadLetters: Explained;
  readonly redriven: number;
  readonly leftInDeadLetters: number;
  /** Secrets that did not change in the storm: where nothing happens, nothing is mirrored before the look at everything. */
  readonly untouched: number;
  /** Mirrors that were not what is current, before that look those of untouched secrets left out, and after it. */
  readonly wrongBefore: readonly string[];
  readonly wrongAfter: readonly string[];
  readonly wrongServices: readonly string[];
  /** Changes by hand in the second in which a rotation ended, which no service is told of. */
  readonly unannounced: number;
  readonly histories: Histories;
  readonly canaries: Canaries;
}

const isPromotion = (event: EventEnvelope): boolean =>
  event["detail-type"] === "Secret Label Updated" && event.detail["labelUpdated"] === "AWSCURRENT";

/** The whole suite. What it started it has ended when it returns. Says where it is by `tell`. */
export async function runChaos(options: ChaosOptions, tell: (what: string) => void): Promise<ChaosReport> {
  await using cleanup = new AsyncDisposableStack();
  tell(`${options.secrets} secrets, ${options.seconds} s, seed ${options.seed}`);
  const world = await startWorld(options, cleanup);
  const { stack } = world;
  const events: EventEnvelope[] = [];
  stack.eventBridge.onEvent((_bus, event) => void events.push(event));
  const promotions = new Map(world.secrets.map(({ arn }) => [arn, [] as string[]]));
  for (const { arn } of world.secrets) {
    const { VersionId } = await world.secretsManager.getSecretValue({ SecretId: arn });
    promotions.get(arn)?.push(VersionId ?? "");
  }
  const lastChangeMs = new Map<string, number>();
  stack.eventBridge.onEvent((_bus, event) => {
    if (!isPromotion(event)) return;
    lastChangeMs.set(event.resources[0] ?? "", Date.parse(event.time));
    promotions.get(event.resources[0] ?? "")?.push(String(event.detail["versionId"]));
  });

  tell("the storm");
  const stormed = await storm(world, planOf(options), options);
  cleanup.defer(stormed.load.stop);
  tell("the calm after it");
  await untilCalm(world);
  const letters = deadLetters(world);
  const explained = explain(world, stormed.kills, letters);
  const redriven = await redriveAll(world);
  await untilCalm(world);
  const leftInDeadLetters = deadLetters(world).length;
  const touched = world.secrets.filter(({ arn }) => (promotions.get(arn)?.length ?? 0) > 1);
  const wrongBefore = await wrongMirrors(world, touched);
  const states = world.secrets.map(({ arn }) => stack.secretsManager.lastRotation(arn)?.state ?? "none");
  const healed = await healRotations(world);
  tell("one look at everything");
  await reconcileAll(world);
  await untilCalm(world);

  tell("the judgement");
  const leftOut = await unannounced(world, lastChangeMs);
  const audited = world.clusters.map((cluster) => cluster.written()).join("");
  return {
    options,
    products: world.clusters.map(({ product }) => product),
    storm: stormed,
    promotions: [...promotions.values()].reduce((sum, { length }) => sum + length, 0),
    rotationStates: Object.fromEntries(
      [...new Set(states)].map((one) => [one, states.filter((s) => s === one).length]),
    ),
    healed,
    deadSecrets: (await deadSecrets(world)).map(({ name }) => name),
    deadLetters: explained,
    redriven,
    leftInDeadLetters,
    untouched: world.secrets.length - touched.length,
    wrongBefore,
    unannounced: leftOut.size,
    wrongAfter: await wrongMirrors(world),
    wrongServices: await wrongServices(world, leftOut),
    histories: await histories(world, promotions),
    canaries: await scan(world, {
      events: JSON.stringify(events),
      "messages at rest": [...stormed.load.atRest].join("\n"),
      logs: world.logs.map(({ line }) => line).join("\n"),
      "records of requests": JSON.stringify(stack.aws.requests),
      ...(audited === "" ? {} : { "Vault's audit log": audited }),
    }),
  };
}
