/**
 * The names of rekey's tags, and the only file that spells one: a test finds others. What each means is in `tag-table.ts`,
 * apart from here, so that no function carries the texts.
 */
export const strategyTag = "rekey:strategy";
export const changeAtTag = "rekey:change-at";
export const graceTag = "rekey:grace";
export const graceExtensionTag = "rekey:grace-extension";
export const tlsTag = "rekey:tls";
export const adminSecretTag = "rekey:admin-secret";
export const alternateUserTag = "rekey:alternate-user";
export const passwordCharsetTag = "rekey:password-charset";
export const passwordLengthTag = "rekey:password-length";
export const passwordExcludeTag = "rekey:password-exclude";
export const passwordEachKindTag = "rekey:password-each-kind";
export const passwordHashTag = "rekey:password-hash";
export const redisReplicasTag = "rekey:redis-replicas";
export const startTlsTag = "rekey:start-tls";
export const apiPathTag = "rekey:api-path";
export const apiTestPathTag = "rekey:api-test-path";
export const apiHeaderTag = "rekey:api-header";
export const vaultRoleTag = "rekey:vault-role";
export const vaultDbMountTag = "rekey:vault-db-mount";
export const signingAlgorithmTag = "rekey:signing-algorithm";
export const tokenLifetimeTag = "rekey:token-lifetime";
export const publicationLeadTag = "rekey:publication-lead";
export const mirrorTag = "rekey:mirror";
export const vaultMapTag = "rekey:vault-map";
export const vaultClusterTag = "rekey:vault-cluster";
export const vaultPathTag = "rekey:vault-path";
export const subscribersTag = "rekey:subscribers";
export const rotationReasonTag = "rekey:rotation-reason";
export const acceptExperimentalTag = "rekey:accept-experimental";
export const smokeTestTag = "rekey:smoke-test";
/** On the IAM role of a subscriber, not on a secret. */
export const subscriberTag = "rekey:subscriber";
