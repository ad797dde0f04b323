import type { Connection } from "../api/use-live.ts";
import { useEffect } from "preact/hooks";

/** What the window, its tab and the browser's history call the page. */
export function useTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · rekey`;
  }, [title]);
}

const words = {
  lost: "Not live: the console cannot be reached, and is tried again. What is shown may be old.",
  refused:
    "Not live: the session has ended. Press Enter where rekey console runs, and open the address that it prints.",
} as const;

/** Says when what is shown no longer follows what happens. */
export const ConnectionNote = ({ connection }: { readonly connection: Connection }) =>
  connection === "live" || connection === "over" ? null : (
    <p class="problem" role="alert">
      {words[connection]}
    </p>
  );
