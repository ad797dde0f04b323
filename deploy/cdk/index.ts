export { Rekey, type RekeyProps } from "./rekey.ts";
export type { IRekey } from "./imported-rekey.ts";
export type { RekeyConfiguration } from "./parameter-values.ts";
export type { RekeySettings } from "./rekey-settings.ts";
export type { RotatedDatabase, RotationEngine, RotationOptions } from "./rotation.ts";
