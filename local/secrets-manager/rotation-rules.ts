import { isMembers, type Members } from "../../shared/answers/members.ts";
import { AwsError } from "../aws/service.ts";
import { limitedInteger, limitedText } from "./input.ts";
import { invalidParameter, refusals } from "./messages.ts";
import { isSchedule } from "./rotation-window.ts";
import type { RotationRules } from "./secret.ts";
import { defined } from "../../shared/secrets/defined.ts";

/**
 * The RotationRules of a request, `undefined` when it has none. Errors: `InvalidParameterException` for both kinds of schedule
 * at once, an expression or window that the dialect or the limits forbid; `ValidationException`.
 */
export function rotationRulesOf(input: Members): RotationRules | undefined {
  const value = input["RotationRules"] ?? {};
  if (!isMembers(value)) throw new AwsError("SerializationException", "RotationRules is not a structure");
  const days = limitedInteger(value, "AutomaticallyAfterDays", { min: 1, max: 1000 });
  const expression = limitedText(value, "ScheduleExpression", { min: 1, max: 256 });
  const duration = limitedText(value, "Duration", { min: 2, max: 3 });
  if (duration !== undefined && !/^\d+h$/u.test(duration)) {
    throw refusals.constraint("duration", "satisfy regular expression pattern: [0-9h]+");
  }
  if (days !== undefined && expression !== undefined) {
    throw invalidParameter("You can't specify both AutomaticallyAfterDays and ScheduleExpression.");
  }
  if (days === undefined && expression === undefined && duration === undefined) return undefined;
  const rules = {
    ...defined({ AutomaticallyAfterDays: days, ScheduleExpression: expression, Duration: duration }),
  };
  if (!isSchedule(rules))
    throw invalidParameter("Invalid ScheduleExpression, or a Duration that does not fit into it.");
  return rules;
}
