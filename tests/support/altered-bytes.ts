import fc from "fast-check";

export interface Alteration {
  /** Where, as a share of the whole, and what stands there then. */
  readonly edits: readonly { readonly at: number; readonly bytes: Uint8Array }[];
  /** The share that is sent. */
  readonly share: number;
  readonly times: number;
}

/** Edits of a recorded answer: some bytes replaced, the end cut off, the whole said again. */
export const alteration: fc.Arbitrary<Alteration> = fc.record({
  edits: fc.array(
    fc.record({
      at: fc.double({ min: 0, max: 1, noNaN: true }),
      bytes: fc.oneof(
        fc.uint8Array({ minLength: 1, maxLength: 4 }),
        // Lengths and counts are what parsers trust.
        fc
          .constantFrom("\0\0\0\0", "\xff\xff\xff\xff", "\xfb\xff\xff\xff", "\xff\xff\xff\x7f", "-1", "99", "\r\n")
          .map((text) => Uint8Array.from(Buffer.from(text, "latin1"))),
      ),
    }),
    { maxLength: 3 },
  ),
  share: fc.oneof(
    { weight: 4, arbitrary: fc.constant(1) },
    { weight: 1, arbitrary: fc.double({ min: 0, max: 1, noNaN: true }) },
  ),
  times: fc.oneof({ weight: 6, arbitrary: fc.constant(1) }, { weight: 1, arbitrary: fc.constant(2) }),
});

export function altered(honest: Buffer, { edits, share, times }: Alteration): Buffer {
  const bytes = Buffer.from(honest);
  for (const { at, bytes: put } of edits)
    bytes.set(put.subarray(0, bytes.length), Math.floor(at * Math.max(0, bytes.length - put.length)));
  return Buffer.concat(Array.from({ length: times }, () => bytes.subarray(0, Math.ceil(bytes.length * share))));
}
