import { readFile } from "node:fs/promises";
import { TemplateError } from "../../deploy/reading/read-template.ts";

/** The bucket and the key that a URL of S3 names, with the bucket in its host or in its path. */
export function objectOf(location: string): { readonly bucket: string; readonly key: string } | undefined {
  const inS3 = /^s3:\/\/([^/]+)\/(.+)$/u.exec(location) ?? /^https:\/\/([^./]+)\.s3[^/]*\/(.+)$/u.exec(location);
  const inPath = /^https?:\/\/[^/]+\/([^/]+)\/(.+)$/u.exec(location);
  const [, bucket, key] = inS3 ?? inPath ?? [];
  return bucket === undefined || key === undefined
    ? undefined
    : { bucket, key: decodeURIComponent(key.replace(/\?.*$/u, "")) };
}

/** Reads a template that is named by a URL of a bucket or by a path. Errors: `TemplateError`. */
export const templateReader =
  (object: (bucket: string, key: string) => Uint8Array | undefined) =>
  async (location: string): Promise<string> => {
    const stored = objectOf(location);
    if (stored === undefined) return readFile(location, "utf8");
    const content = object(stored.bucket, stored.key);
    if (content === undefined) throw new TemplateError(`there is no template at ${location}`);
    return Buffer.from(content).toString("utf8");
  };
