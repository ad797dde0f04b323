import { expect, test } from "vitest";
import { sqsHint } from "./sqs-hint.ts";

test.each([
  ["AWS.SimpleQueueService.NonExistentQueue", "the queue is gone"],
  ["QueueDoesNotExist", "the queue is gone"],
  ["KMS.AccessDeniedException", "kms:Decrypt on the queue's key"],
  ["KmsAccessDenied", "kms:Decrypt on the queue's key"],
  ["kms.disabled", "kms:Decrypt on the queue's key"],
  ["AccessDenied", "sqs:ReceiveMessage"],
  ["Forbidden", "sqs:ReceiveMessage"],
  ["AccessDeniedByKMS", "sqs:ReceiveMessage"],
  ["InvalidAddress", "region or endpoint"],
  ["SignatureDoesNotMatch", "region or endpoint"],
  ["ExpiredToken", "credentials and the clock"],
  ["InvalidClientTokenId", "credentials and the clock"],
  ["UnrecognizedClientException", "credentials and the clock"],
  ["CredentialsProviderError", "credentials and the clock"],
  ["RequestExpired", "credentials and the clock"],
  ["ReceiptHandleIsInvalid", "delivered again"],
  ["TimeoutError", "does not answer"],
  ["time-budget-spent", "does not answer"],
])("%s has a next step: %s", (reason, hint) => expect(sqsHint(reason)).toContain(hint));

test.each(["ECONNREFUSED", "MyTimeoutError", "TimeoutErrors", ""])("%j has none of its own", (reason) =>
  expect(sqsHint(reason)).toBeUndefined(),
);
