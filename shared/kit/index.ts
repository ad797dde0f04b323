export { cutOnAbort } from "../engines/connecting/cut-on-abort.ts";
export { openSocket } from "../engines/connecting/open-socket.ts";
export { tlsOptions } from "../engines/connecting/tls-options.ts";
export { type ErrorContext, isRekeyError, RekeyError, type RekeyErrorOptions } from "../errors/rekey-error.ts";
export type { CallOptions } from "../ports/call.ts";
export type { CredentialIssuer } from "../ports/credential-issuer.ts";
export type {
  ChangeTerms,
  Credential,
  DatabaseEngine,
  DatabaseSession,
  DatabaseTarget,
  DualPasswords,
  EngineCapabilities,
  Inspection,
  Login,
  LoginRefusal,
  OwnAccount,
  OwnAccountReading,
  PasswordChange,
  PlannedChange,
  Rehearsal,
  SecretPasswords,
  ServerFacts,
  UserFacts,
  UserPair,
  UserPairing,
} from "../ports/database-engine.ts";
export { alternatingUsers } from "../rotation/strategies/alternating-users.ts";
export { dualPassword } from "../rotation/strategies/dual-password.ts";
export { issued } from "../rotation/strategies/issued.ts";
export { singleUser } from "../rotation/strategies/single-user.ts";
export type { RotationStrategy } from "../rotation/strategies/strategy.ts";
export { SecretValue } from "../secrets/secret-value.ts";
export { type DefinedEngine, defineEngine, type EngineParts } from "./define-engine.ts";
