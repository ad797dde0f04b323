import type { Members } from "../../shared/answers/members.ts";
import { recordList, text } from "../aws/members.ts";
import { AwsError } from "../aws/service.ts";

const refused = (type: string, message: string): AwsError =>
  new AwsError(type, message, 400, `AWS.SimpleQueueService.${type}`);

/**
 * Runs one operation for each entry of a batch; an entry fails alone. Errors, for the whole batch: `EmptyBatchRequest`,
 * `TooManyEntriesInBatchRequest`, `BatchEntryIdsNotDistinct`, `InvalidBatchEntryId`.
 */
export function runBatch(input: Members, run: (entry: Members) => Members): Members {
  const entries = recordList(input, "Entries");
  if (entries.length === 0) throw refused("EmptyBatchRequest", "There should be at least one entry in the request.");
  if (entries.length > 10) {
    throw refused(
      "TooManyEntriesInBatchRequest",
      `Maximum number of entries per request are 10. You have sent ${entries.length}.`,
    );
  }
  const ids = entries.map((entry) => text(entry, "Id"));
  const repeated = ids.find((id, index) => ids.indexOf(id) !== index);
  if (repeated !== undefined) throw refused("BatchEntryIdsNotDistinct", `Id ${repeated} repeated.`);
  if (!ids.every((id) => /^[\w-]{1,80}$/u.test(id))) {
    throw refused(
      "InvalidBatchEntryId",
      "A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long.",
    );
  }
  const done: Members[] = [];
  const failed: Members[] = [];
  for (const [index, entry] of entries.entries()) {
    try {
      done.push({ Id: ids[index], ...run(entry) });
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      failed.push({ Id: ids[index], SenderFault: true, Code: error.type, Message: error.message });
    }
  }
  return { Successful: done, ...(failed.length === 0 ? {} : { Failed: failed }) };
}
