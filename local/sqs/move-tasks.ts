import type { Members } from "../../shared/answers/members.ts";
import { optionalText, text } from "../aws/members.ts";
import { AwsError } from "../aws/service.ts";
import type { Queue } from "./queue.ts";
import { readRedrivePolicy } from "./queue-attributes.ts";

/** `StartMessageMoveTask` and its list. A task is done when its answer goes out: all messages are moved at once. */
export function createMoveTasks(queues: ReadonlyMap<string, Queue>, nowMs: () => number) {
  const tasks: Members[] = [];
  const byArn = (arn: string): Queue => {
    const queue = [...queues.values()].find((candidate) => candidate.arn === arn);
    if (queue === undefined) {
      throw new AwsError(
        "ResourceNotFoundException",
        "The resource that you specified for the SourceArn parameter doesn't exist.",
        404,
      );
    }
    return queue;
  };

  return {
    /** `checkSend` throws where the caller may not send messages to a queue. */
    start(input: Members, checkSend: (queue: Queue) => void): Members {
      const source = byArn(text(input, "SourceArn"));
      const destinationArn = optionalText(input, "DestinationArn");
      const feeds = [...queues.values()].filter(
        ({ attributes }) => readRedrivePolicy(attributes.get("RedrivePolicy"))?.deadLetterTargetArn === source.arn,
      );
      if (feeds.length === 0) {
        throw new AwsError("InvalidParameterValue", "Source queue must be configured as a Dead Letter Queue.");
      }
      const destination = destinationArn === undefined ? undefined : byArn(destinationArn);
      for (const queue of destination === undefined ? feeds : [destination]) checkSend(queue);
      const messages = source.drain();
      for (const message of messages) {
        const origin = feeds.find(({ arn }) => arn === message.deadLetteredFrom) ?? feeds[0];
        (destination ?? origin)?.adopt(message);
      }
      const TaskHandle = Buffer.from(`${source.arn}/${tasks.length}`).toString("base64");
      tasks.unshift({
        TaskHandle,
        Status: "COMPLETED",
        SourceArn: source.arn,
        DestinationArn: destinationArn,
        ApproximateNumberOfMessagesMoved: messages.length,
        ApproximateNumberOfMessagesToMove: messages.length,
        StartedTimestamp: nowMs(),
      });
      return { TaskHandle };
    },
    list(input: Members): Members {
      const source = byArn(text(input, "SourceArn"));
      return { Results: tasks.filter((task) => task["SourceArn"] === source.arn).slice(0, 10) };
    },
  };
}
