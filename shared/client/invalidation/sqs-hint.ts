const hints: readonly (readonly [RegExp, string])[] = [
  [
    /NonExistentQueue|QueueDoesNotExist/,
    "the queue is gone, or the URL names another region or account: create it again and subscribe to the new queue; until then values are found by their TTL",
  ],
  [
    /^(KMS|Kms|kms)/,
    "allow the service's role kms:Decrypt on the queue's key, and let SNS or EventBridge use it: kms:GenerateDataKey and kms:Decrypt",
  ],
  [
    /AccessDenied|AccessDeniedException|Forbidden/,
    "allow sqs:ReceiveMessage and sqs:DeleteMessage on the queue, and kms:Decrypt on its key",
  ],
  [
    /InvalidAddress|SignatureDoesNotMatch/,
    "the client's region or endpoint is not that of the queue's URL, or the process's clock is off",
  ],
  [
    /ExpiredToken|InvalidClientTokenId|UnrecognizedClient|CredentialsProvider|RequestExpired/,
    "check the credentials and the clock of this process; subscribing goes on by itself",
  ],
  [
    /ReceiptHandle/,
    "the message is delivered again; a queue that several instances read, or a short visibility timeout, makes this common",
  ],
  [
    /^(TimeoutError|time-budget-spent)$/,
    "the connection does not answer: check the network, the proxy and the client's socketTimeout; the next poll is made on another connection",
  ],
];

/** What to do about a failure of a queue, by its reason. */
export const sqsHint = (reason: string): string | undefined => hints.find(([pattern]) => pattern.test(reason))?.[1];
