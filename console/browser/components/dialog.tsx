import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";

interface DialogProps {
  readonly title: string;
  readonly onClose: () => void;
  readonly children: ComponentChildren;
}

/** The browser's own modal dialog: it keeps the focus, gives it back, and Escape closes it. */
export function Dialog({ title, onClose, children }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    dialog.current?.showModal();
  }, []);
  return (
    <dialog ref={dialog} aria-labelledby="dialog-title" onClose={onClose}>
      <header>
        <h2 id="dialog-title">{title}</h2>
        <button type="button" class="quiet" aria-label="Close" onClick={() => dialog.current?.close()}>
          ✕
        </button>
      </header>
      {children}
    </dialog>
  );
}

/** Why somebody changes something by hand: it becomes the tag `rekey:rotation-reason`. */
export const ReasonField = ({ value, told }: { readonly value: string; readonly told: (value: string) => void }) => (
  <label class="reason">
    Reason, kept in the secret&apos;s tags and so in CloudTrail
    <input value={value} maxLength={256} onInput={({ currentTarget }) => told(currentTarget.value)} />
  </label>
);
