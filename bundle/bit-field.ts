interface BitField {
  get(index: number): boolean;
}

/** What saslprep asks of `sparse-bitfield`, which can also be written to: the bits of a buffer, each byte's highest first. */
const bitField = ({ buffer }: { readonly buffer: Uint8Array }): BitField => ({
  get: (index) => ((buffer[index >> 3] ?? 0) & (128 >> (index & 7))) !== 0,
});

export default bitField;
