import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  GetBucketTaggingCommand,
  ListObjectsV2Command,
  PutBucketTaggingCommand,
  PutObjectCommand,
  PutPublicAccessBlockCommand,
  type S3Client,
} from "@aws-sdk/client-s3";
import { awsCall } from "../../../shared/aws/errors/aws-failure.ts";
import { RekeyError } from "../../../shared/errors/rekey-error.ts";
import type { CallOptions } from "../../../shared/ports/call.ts";
import { awsErrorName } from "../../../shared/aws/errors/translate-error.ts";
import type { Places, UploadedFile } from "./package-files.ts";
import { smokeTestTag } from "../../../shared/tags/tag-names.ts";

/** What CloudFormation reads code and templates from. */
export interface Bucket extends Places {
  make(id: string, call: CallOptions): Promise<void>;
  put(file: UploadedFile, call: CallOptions): Promise<void>;
  /** Whether there was one. Errors: `option-invalid` for a bucket that is not the run's. */
  remove(id: string, call: CallOptions): Promise<boolean>;
}

const suffixes: Readonly<Record<string, string>> = { "aws-cn": "amazonaws.com.cn" };

/** `endpoint`: of S3, where it is not AWS's own. */
export function smokeBucket(
  s3: S3Client,
  Bucket: string,
  at: { readonly region: string; readonly partition: string; readonly endpoint: string | undefined },
): Bucket {
  const attempt = async <Answer>(
    operation: string,
    call: CallOptions,
    work: (options: { abortSignal: AbortSignal }) => Promise<Answer>,
  ): Promise<Answer> => awsCall({ operation, resource: Bucket }, call, work);
  const base = at.endpoint ?? `https://s3.${at.region}.${suffixes[at.partition] ?? "amazonaws.com"}`;

  /** `undefined`: there is no such bucket. */
  async function ownerOf(call: CallOptions): Promise<string | undefined> {
    return attempt("GetBucketTagging", call, async (options) => {
      try {
        const { TagSet = [] } = await s3.send(new GetBucketTaggingCommand({ Bucket }), options);
        return TagSet.find(({ Key }) => Key === smokeTestTag)?.Value ?? "";
      } catch (error) {
        if (awsErrorName(error) === "NoSuchBucket") return undefined;
        if (awsErrorName(error) === "NoSuchTagSet") return "";
        throw error;
      }
    });
  }

  return {
    codeUri: (key) => `s3://${Bucket}/${key}`,
    templateUrl: (key) => `${base}/${Bucket}/${key}`,
    async make(id, call) {
      // The first region is the one that S3 does not let be named.
      const place = at.region === "us-east-1" ? {} : { CreateBucketConfiguration: { LocationConstraint: at.region } };
      await attempt("CreateBucket", call, async (options) =>
        s3.send(new CreateBucketCommand({ Bucket, ...(place as object) }), options),
      );
      await attempt("PutBucketTagging", call, async (options) =>
        s3.send(
          new PutBucketTaggingCommand({ Bucket, Tagging: { TagSet: [{ Key: smokeTestTag, Value: id }] } }),
          options,
        ),
      );
      const PublicAccessBlockConfiguration = {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      };
      await attempt("PutPublicAccessBlock", call, async (options) =>
        s3.send(new PutPublicAccessBlockCommand({ Bucket, PublicAccessBlockConfiguration }), options),
      );
    },
    async put({ key, body }, call) {
      await attempt("PutObject", call, async (options) =>
        s3.send(new PutObjectCommand({ Bucket, Key: key, Body: body }), options),
      );
    },
    async remove(id, call) {
      const owner = await ownerOf(call);
      if (owner === undefined) return false;
      const list = new ListObjectsV2Command({ Bucket });
      for (;;) {
        const { Contents = [] } = await attempt("ListObjectsV2", call, async (options) => s3.send(list, options));
        if (Contents.length === 0) break;
        // A run that was cut before it had tagged its bucket has put nothing into it.
        if (owner !== id) {
          const context = { option: "clean-up", bucket: Bucket, problem: `it has no tag ${smokeTestTag}=${id}` };
          throw new RekeyError("option-invalid", { context, hint: "it is not this run's: look at it yourself" });
        }
        for (const { Key } of Contents) {
          await attempt("DeleteObject", call, async (options) =>
            s3.send(new DeleteObjectCommand({ Bucket, Key }), options),
          );
        }
      }
      await attempt("DeleteBucket", call, async (options) => s3.send(new DeleteBucketCommand({ Bucket }), options));
      return true;
    },
  };
}
