/**
 * An operator waits longer than a function may, and shares the account's rates with everything that runs in it. The SDK itself
 * waits without limit.
 */
export const operatorLimits = {
  maxAttempts: 5,
  requestHandler: { connectionTimeout: 5_000, requestTimeout: 20_000, throwOnRequestTimeout: true },
} as const;
