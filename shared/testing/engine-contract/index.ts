export { type CertifyOptions, certify, type ClauseResult, type EngineReport } from "./certify.ts";
export { engineContract } from "./contract.ts";
export type {
  Account,
  AccountProperty,
  Clause,
  EngineFixture,
  EngineServer,
  Exemption,
  Hardship,
  SecretFields,
  ServerCertificate,
  Variant,
} from "./fixture.ts";
export type { Runner, Sampling, Tally } from "./suite.ts";
