import { idleFacts } from "../../../shared/capacity/facts/idle-facts.ts";
import { prices } from "../../../shared/capacity/facts/prices.ts";
import type { SmokePlan } from "./variants.ts";

export interface CostLine {
  readonly what: string;
  readonly usd: number;
  readonly asOf: string;
}

const hoursOfMonth = 730;
/** Of one variant, with room for a slow deletion. */
const hours = 1;
/** rekey's own, once each stack's functions have run. */
const metrics = 20;

/** What a run costs at most, if each variant is deployed for an hour. `types`: of the template's resources, all conditions met. */
export function smokeCosts(types: readonly string[], { variants }: SmokePlan): readonly CostLine[] {
  const count = (type: string): number => types.filter((one) => one === type).length;
  const all = { ...prices, ...idleFacts };
  const line = (what: string, price: keyof typeof all, many: number, share: number): CostLine => ({
    what: `${many} × ${what}`,
    usd: many * all[price].value * share,
    asOf: `${all[price].date}, ${all[price].trust}`,
  });
  const month = hours / hoursOfMonth;
  const times = variants.length;
  return [
    line("secret", "secretMonth", times, month),
    line("KMS key, until its deletion is scheduled", "kmsKeyMonth", 1, month),
    line("alarm", "alarmMonth", times * (count("AWS::CloudWatch::Alarm") + 1), month),
    line("dashboard", "dashboardMonth", times * count("AWS::CloudWatch::Dashboard"), month),
    line("metric", "metricMonth", times * metrics, month),
    line("call of Secrets Manager", "secretsManagerCall", times * 500, 1),
    line("request of Lambda", "lambdaRequest", times * 200, 1),
    line("GB-second of Lambda", "lambdaGigabyteSecond", times * 200, 1),
    line("request of SQS, its polling by Lambda included", "queueRequest", times * 50_000, 1),
    line("event", "event", times * 100, 1),
  ];
}
