export { vaultPolling } from "../../invalidation/vault-polling.ts";
export type { InvalidationSource } from "../../invalidation/invalidation-source.ts";
export { type VaultSource, vaultSource, type VaultSourceOptions } from "./vault-source.ts";
