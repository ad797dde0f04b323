import type { ChaosReport } from "./run.ts";

export interface Assertion {
  readonly says: string;
  /** Empty: it holds. */
  readonly problems: readonly string[];
}

/** So small a run that no function may have been killed, as each call has its chance. */
const smallRun = 100;

function wasStorm({ options, promotions, storm }: ChaosReport): boolean {
  const struck = [...storm.counts].some(([what, count]) => what.includes(": ") && count > 0);
  return promotions > options.secrets && struck && (options.secrets < smallRun || storm.kills.count > 0);
}

/** What must hold at the end, whatever happened. */
export function verdictOf(report: ChaosReport): readonly Assertion[] {
  const { histories, canaries, deadLetters, leftInDeadLetters } = report;
  const unseen = Object.entries(canaries.charactersIn).filter(([, characters]) => characters === 0);
  return [
    { says: "after one look at everything, every mirror is what is current", problems: report.wrongAfter },
    { says: "no older value ever came after a newer one in Vault", problems: histories.backwards },
    { says: "no secret is in a cluster that is not its own", problems: histories.strayed },
    { says: "every service is on the current version", problems: report.wrongServices },
    { says: "every message in a dead-letter queue has a cause that the suite made", problems: deadLetters.unexplained },
    {
      says: "given back, all of them go through",
      problems: leftInDeadLetters === 0 ? [] : [`${leftInDeadLetters} are left`],
    },
    { says: "what a rotation that succeeded made current logs in", problems: report.healed.brokenByRotation },
    { says: "every AWSCURRENT logs in, where a rotation gave up once it is repeated", problems: report.deadSecrets },
    {
      says: "no value is in an event, a message, a log, a record of a request or Vault's audit log",
      problems: [...canaries.found, ...unseen.map(([place]) => `${place}: nothing was read`)],
    },
    { says: "there was a storm", problems: wasStorm(report) ? [] : ["nothing changed, or nothing went wrong"] },
  ];
}
