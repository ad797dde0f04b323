/** A number that the plan rests on, and where it is from. */
export interface Fact {
  readonly value: number;
  readonly unit: string;
  /** Its name, in a few words. */
  readonly what: string;
  readonly note?: string;
  /** Whether AWS raises it when asked. */
  readonly adjustable?: true;
  readonly source: string;
  /** When the source said so. */
  readonly date: string;
  /** `assumed` was read nowhere: measure it, or ask AWS, before you rest a decision on it. */
  readonly trust: "documented" | "measured" | "third party" | "assumed";
}

export type FactTable<Name extends string> = Readonly<Record<Name, Fact>>;
