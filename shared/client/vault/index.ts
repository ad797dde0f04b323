export { vaultPolling } from "../invalidation/vault-polling.ts";
export { type VaultSource, vaultSource, type VaultSourceOptions } from "./vault-source.ts";
