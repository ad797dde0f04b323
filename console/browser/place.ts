import { createContext } from "preact";
import type { PlaceAnswer } from "../contract.ts";

/** Where the console looks, for whoever wants to know. */
export const Place = createContext<PlaceAnswer | undefined>(undefined);
