import type { PublishedDetails } from "./details.ts";

/**
 * An event that rekey publishes: ids only, never a value. The type comes from the schemas in `events/`, so a field is added
 * there; the publisher adds `schemaVersion` and `at`.
 */
export type RotationEvent = {
  readonly [Type in keyof PublishedDetails]: { readonly type: Type } & Omit<
    PublishedDetails[Type],
    "schemaVersion" | "at"
  >;
}[keyof PublishedDetails];

/** What `reconcile` and `check-login` report of a secret. */
export type Finding = PublishedDetails["Secret Finding"]["finding"];
