import { createHash } from "node:crypto";
import { toXml } from "../aws/query-protocol.ts";
import { AwsError, type AwsCall, type AwsService } from "../aws/service.ts";
import type { Clock } from "../clock.ts";

export interface S3 extends AwsService {
  /** What was put there. */
  object(bucket: string, key: string): Buffer | undefined;
}

interface S3Object {
  readonly body: Buffer;
  readonly storedAtMs: number;
}

const etagOf = (body: Buffer): string => `"${createHash("md5").update(body).digest("hex")}"`;

/** What was sent, without the chunks that signers of streams put it in: each has its size in hexadecimal before it. */
function payloadOf({ headers, body }: AwsCall["http"]): Buffer {
  if (headers["content-encoding"]?.includes("aws-chunked") !== true) return body;
  const parts: Buffer[] = [];
  for (let at = 0; ;) {
    const end = body.indexOf("\r\n", at);
    const size = Number.parseInt(body.subarray(at, end).toString("latin1"), 16);
    if (end < 0 || !(size > 0)) return Buffer.concat(parts);
    parts.push(body.subarray(end + 2, end + 2 + size));
    at = end + 2 + size + 2;
  }
}

const operations: Readonly<Record<string, string>> = {
  "PUT object": "PutObject",
  "GET object": "GetObject",
  "HEAD object": "HeadObject",
  "DELETE object": "DeleteObject",
  "PUT bucket": "CreateBucket",
  "GET bucket": "ListObjectsV2",
  "HEAD bucket": "HeadBucket",
  "DELETE bucket": "DeleteBucket",
};

/** As much of Amazon S3, with the bucket in the path, as templates and functions' code need on their way to a stack. */
export function createS3({ clock }: { readonly clock: Clock }): S3 {
  const buckets = new Map<string, Map<string, S3Object>>();
  const bucketOf = (name: string): Map<string, S3Object> => {
    const bucket = buckets.get(name);
    if (bucket === undefined) throw new AwsError("NoSuchBucket", "The specified bucket does not exist", 404);
    return bucket;
  };
  const objectOf = (bucket: string, key: string): S3Object => {
    const object = bucketOf(bucket).get(key);
    if (object === undefined) throw new AwsError("NoSuchKey", "The specified key does not exist.", 404);
    return object;
  };
  const headersOf = ({ body, storedAtMs }: S3Object): Readonly<Record<string, string>> => ({
    etag: etagOf(body),
    "last-modified": new Date(storedAtMs).toUTCString(),
  });
  const list = (bucket: string, prefix: string): string => {
    const found = [...bucketOf(bucket)].filter(([key]) => key.startsWith(prefix));
    const contents = found.map(([Key, { body, storedAtMs }]) => {
      const LastModified = new Date(storedAtMs).toISOString();
      return `<Contents>${toXml({ Key, LastModified, ETag: etagOf(body), Size: body.length })}</Contents>`;
    });
    const about = toXml({ Name: bucket, Prefix: prefix, KeyCount: found.length, IsTruncated: false });
    return `<ListBucketResult>${about}${contents.join("")}</ListBucketResult>`;
  };

  return {
    name: "s3",
    failsInXml: true,
    route(method, path, query) {
      const [, bucket = "", ...key] = path.split("/").map(decodeURIComponent);
      const name = key.join("/");
      const operation = operations[`${method} ${name === "" ? "bucket" : "object"}`];
      return operation === undefined || bucket === ""
        ? undefined
        : { operation, input: { Bucket: bucket, Key: name, Prefix: query.get("prefix") ?? "" }, isRaw: true };
    },
    resources: ({ input }) => {
      const bucket = `arn:aws:s3:::${String(input["Bucket"])}`;
      return [input["Key"] === "" ? bucket : `${bucket}/${String(input["Key"])}`];
    },
    async handle({ operation, input, http }) {
      const bucket = String(input["Bucket"]);
      const key = String(input["Key"]);
      switch (operation) {
        case "CreateBucket":
          buckets.set(bucket, buckets.get(bucket) ?? new Map());
          return { body: "" };
        case "HeadBucket":
          bucketOf(bucket);
          return { body: "" };
        case "DeleteBucket":
          if (bucketOf(bucket).size > 0)
            throw new AwsError("BucketNotEmpty", "The bucket you tried to delete is not empty", 409);
          buckets.delete(bucket);
          return { status: 204, body: "" };
        case "ListObjectsV2":
          return { body: list(bucket, String(input["Prefix"])) };
        case "PutObject": {
          const object = { body: payloadOf(http), storedAtMs: clock.now() };
          bucketOf(bucket).set(key, object);
          return { headers: headersOf(object), body: "" };
        }
        case "DeleteObject":
          bucketOf(bucket).delete(key);
          return { status: 204, body: "" };
        default: {
          const object = objectOf(bucket, key);
          return { headers: headersOf(object), body: operation === "HeadObject" ? "" : object.body };
        }
      }
    },
    object: (bucket, key) => buckets.get(bucket)?.get(key)?.body,
  };
}
