/** One thing that a rotation would do. Names, ids and the shapes of statements; never a value. */
export interface PlannedAction {
  readonly kind: "call" | "connection" | "statement" | "event";
  readonly what: string;
}

export type Note = (action: PlannedAction) => void;
