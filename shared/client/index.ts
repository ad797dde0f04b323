export type { Disposition } from "../errors/code-entry.ts";
export type { ErrorCode } from "../errors/codes.ts";
export { type ErrorContext, isRekeyError, RekeyError } from "../errors/reading-error.ts";
export { SecretValue } from "../secrets/secret-value.ts";
export type { ClientEvents } from "./client-events.ts";
export type { SecretClientOptions } from "./client-options.ts";
export { failoverSource } from "./sources/failover-source.ts";
export type { ClientHealth, SubscriptionHealth } from "./health.ts";
export type { Invalidation } from "./invalidation/invalidation-handler.ts";
export type {
  IgnoredReason,
  InvalidationSink,
  InvalidationSource,
  InvalidationSubscription,
  SecretNotice,
} from "./invalidation/invalidation-source.ts";
export { noticeInMessage } from "./invalidation/notice-in-message.ts";
export { timerSource } from "./invalidation/polling-source.ts";
export type { Acknowledge } from "./pools/rotating-options.ts";
export { type RequestBudget, requestBudget } from "./cache/request-budget.ts";
export { createSecretClient, type SecretClient, type SecretHandle } from "./secret-client.ts";
export type {
  SecretSource,
  SourceAnswer,
  SourceCall,
  SourceSelector,
  SourceVersion,
  Stage,
} from "./sources/secret-source.ts";
export type { StandardSchema } from "./standard-schema.ts";
