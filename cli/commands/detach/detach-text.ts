import type { Detachment } from "../../../shared/operations/detach/detach-secret.ts";
import type { StackRemains, Subscription } from "../../../shared/ports/account.ts";
import { columns } from "../../output/columns.ts";

const plans: Readonly<Record<Detachment["standing"], string>> = {
  rotated: "switch rotation off",
  "under-way": "refuse: a rotation has begun and not ended",
  off: "rotation is off",
  deleted: "leave: it is scheduled for deletion",
};

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? "" : "s"}`;

export interface DetachPlan {
  readonly secrets: readonly Detachment[];
  readonly removeTags: boolean;
  readonly subscriptions: readonly Subscription[];
  readonly keepSubscriptions: boolean;
  readonly remains?: StackRemains;
}

function subscriptionText({ subscriptions, keepSubscriptions }: DetachPlan): readonly string[] {
  if (subscriptions.length === 0) return [];
  const lines = subscriptions.map(({ protocol, endpoint, subscriptionArn }) =>
    [`  ${protocol} ${endpoint}`, ...(subscriptionArn === undefined ? ["not confirmed, so SNS forgets it"] : [])].join(
      "  ",
    ),
  );
  const verb = keepSubscriptions ? "Leave" : "Remove, once every secret is detached,";
  return [`${verb} ${counted(subscriptions.length, "subscription")}:`, ...lines];
}

function remainsText({ kept, foreignRules }: StackRemains): readonly string[] {
  return [
    ...(kept.length === 0
      ? []
      : [
          "Deleting the stack leaves:",
          ...columns(
            kept.map(({ type, name }) => [`  ${type}`, name]),
            "left",
          ),
        ]),
    ...(foreignRules.length === 0
      ? []
      : ["Delete these rules of others on the stack's bus first, or CloudFormation cannot delete the bus:"]),
    ...foreignRules.map((name) => `  ${name}`),
  ];
}

export function planText(plan: DetachPlan): readonly string[] {
  const { secrets, removeTags, remains } = plan;
  const rows = secrets.map(({ name, standing, tags }) => {
    const isTouched = standing === "rotated" || standing === "off";
    const untag = removeTags && isTouched && tags.length > 0 ? `; remove ${tags.join(", ")}` : "";
    return [`  ${name}`, `${plans[standing]}${untag}`];
  });
  return [
    `Detach ${counted(secrets.length, "secret")}; values and mirrors in Vault stay:`,
    ...columns(rows, "left"),
    ...subscriptionText(plan),
    ...(remains === undefined ? [] : remainsText(remains)),
  ];
}
