/** For requests to one region, which is all that rekey sends, the signer for several at once is this one. */
export { SignatureV4 as SignatureV4MultiRegion } from "@smithy/signature-v4";
