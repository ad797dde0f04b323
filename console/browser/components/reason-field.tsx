/** Why somebody changes something by hand: it becomes the tag `rekey:rotation-reason`. */
export const ReasonField = ({ value, told }: { readonly value: string; readonly told: (value: string) => void }) => (
  <label class="reason">
    Reason, kept in the secret&apos;s tags and so in CloudTrail
    <input value={value} maxLength={256} onInput={({ currentTarget }) => told(currentTarget.value)} />
  </label>
);
