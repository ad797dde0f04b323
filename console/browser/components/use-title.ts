import { useEffect } from "preact/hooks";

/** What the window, its tab and the browser's history call the page. */
export function useTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · rekey`;
  }, [title]);
}
