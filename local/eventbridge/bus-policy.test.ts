import { EventBridge } from "@aws-sdk/client-eventbridge";
import { expect, onTestFinished, test } from "vitest";
import { startStack } from "../stack.ts";

/** A bus that takes the source `ours` from one role alone. */
async function open() {
  const stack = await startStack();
  const clients: EventBridge[] = [];
  onTestFinished(async () => {
    for (const client of clients) client.destroy();
    await stack.stop();
  });
  const heard: string[] = [];
  stack.eventBridge.onEvent((bus, event) => void (bus === "own" && heard.push(event.source)));
  const clientOf = (roleName: string): EventBridge => {
    const policy = { Statement: { Effect: "Allow", Action: "events:*", Resource: "*" } } as const;
    const credentials = stack.aws.principals.assumeRole(roleName, "session", [policy]);
    const client = new EventBridge({ ...stack.clientConfig, credentials, maxAttempts: 1 });
    clients.push(client);
    return client;
  };
  const admin = new EventBridge(stack.clientConfig);
  clients.push(admin);
  const { EventBusArn } = await admin.createEventBus({ Name: "own" });
  const Statement = {
    Sid: "Ours",
    Effect: "Deny",
    Principal: "*",
    Action: "events:PutEvents",
    Resource: EventBusArn,
    Condition: {
      StringEquals: { "events:source": "ours" },
      ArnNotEquals: { "aws:PrincipalArn": `arn:aws:iam::${stack.accountId}:role/ours` },
    },
  };
  await admin.putPermission({ EventBusName: "own", Policy: JSON.stringify({ Version: "2012-10-17", Statement }) });
  const put = async (roleName: string, ...sources: readonly string[]) =>
    clientOf(roleName).putEvents({
      Entries: sources.map((Source) => ({ EventBusName: "own", Source, DetailType: "T", Detail: "{}" })),
    });
  return { admin, put, heard };
}

test("a bus's policy decides about each entry by itself, and is shown with the bus", async () => {
  const { admin, put, heard } = await open();
  const mixed = await put("other", "theirs", "ours");
  expect(mixed.Entries?.map(({ ErrorCode }) => ErrorCode)).toEqual([undefined, "NotAuthorizedForSourceException"]);
  expect(mixed.FailedEntryCount).toBe(1);
  await expect(put("other", "ours")).rejects.toMatchObject({ name: "AccessDeniedException" });
  expect((await put("ours", "ours", "theirs")).FailedEntryCount).toBe(0);
  expect(heard).toEqual(["theirs", "ours", "theirs"]);
  expect((await admin.describeEventBus({ Name: "own" })).Policy).toContain('"Sid":"Ours"');
});
