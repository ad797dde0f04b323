import { isRekeyError } from "../../../shared/errors/rekey-error.ts";
import type { CallOptions } from "../../../shared/ports/call.ts";
import { checkVariant, type SmokeRun } from "./check-variant.ts";
import { type KeyApi, makeKeyApi } from "./key-api.ts";
import type { PackageFiles } from "./package-files.ts";
import { removeAll, removeVariant } from "./remove-all.ts";

/** A VPC's network interfaces are let go of half an hour after the functions. */
const cleanUpLimitMs = 90 * 60_000;

async function upload({ bucket, names, checks }: SmokeRun, files: PackageFiles, call: CallOptions): Promise<boolean> {
  const uploaded = await checks.run(
    "code and templates are uploaded",
    call,
    async () => {
      await bucket.make(names.id, call);
      for (const file of files.uploads) await bucket.put(file, call);
      return files.uploads.length;
    },
    (count) => `${count} files`,
  );
  return uploaded !== undefined;
}

async function checkAll(run: SmokeRun, files: PackageFiles, call: CallOptions): Promise<void> {
  const { checks, bucket, stacks, plan, clients, names } = run;
  if (!(await upload(run, files, call))) return;
  for (const key of files.templates) {
    await checks.run(`valid: ${key}`, call, async () => stacks.validate({ url: bucket.templateUrl(key) }, call));
  }
  let keyApi: KeyApi | undefined;
  if (plan.variants.some(({ target }) => target === "key-api")) {
    const parts = { stacks, dynamoDb: clients.dynamoDb, names };
    keyApi = await checks.run("the API of keys is made", call, async () => makeKeyApi(parts, call));
    if (keyApi === undefined) return;
  }
  for (const variant of plan.variants) {
    await checkVariant(run, variant, keyApi, call);
    await removeVariant(run, variant.name, call);
  }
}

/**
 * Everything that a run does, from the upload to the last deletion. It cleans up after a failure and when the signal fires, too:
 * with time of its own then. What failed is in `run.checks`.
 */
export async function runSmokeTest(run: SmokeRun, files: PackageFiles, call: CallOptions): Promise<void> {
  try {
    await checkAll(run, files, call);
  } catch (error) {
    if (!isRekeyError(error) || !call.signal.aborted) throw error;
  } finally {
    await removeAll(run, { signal: AbortSignal.timeout(cleanUpLimitMs) });
  }
}
