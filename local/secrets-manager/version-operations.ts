import type { Members } from "../../shared/answers/members.ts";
import { accessDate, seconds } from "./description.ts";
import { asText, contentOf, flag, limitedList, limitedText, requiredText, secretIdOf, tokenOf } from "./input.ts";
import { invalidParameter, refusals } from "./messages.ts";
import type { Backend, Operations } from "./operations.ts";
import { pageOf } from "./pages.ts";
import type { Secret } from "./secret.ts";
import { checkLabelCount, holderOf, labelsOf, moveLabel } from "./staging-labels.ts";
import { storeVersion } from "./store-version.ts";
import { readValue } from "./versions.ts";

const labelLength = { min: 1, max: 256 };
const versionIdLength = { min: 32, max: 64 };

export function versionOperations(backend: Backend): Operations {
  const { table, nowMs, engine, events } = backend;

  /** AWS does not document its refusal of a token that is not, or no longer, the running rotation's. */
  function checkRotationToken(secret: Secret, input: Members): void {
    const token = limitedText(input, "RotationToken", { min: 36, max: 256 });
    if (token !== undefined && !engine.isRunning(secret, token)) {
      throw invalidParameter("The RotationToken does not belong to a rotation in progress.");
    }
  }

  return {
    GetSecretValue(input, { region }) {
      const secret = table(region).open(secretIdOf(input));
      const selector = {
        versionId: limitedText(input, "VersionId", versionIdLength),
        label: limitedText(input, "VersionStage", labelLength),
      };
      return readValue(secret, selector, nowMs());
    },
    PutSecretValue(input, { region, principal }) {
      const secret = table(region).openPrimary(secretIdOf(input));
      const token = tokenOf(input, "InvalidRequestException");
      const content = contentOf(input);
      const stages = limitedList(input, "VersionStages", { min: 1, max: 20 })?.map((label) =>
        asText("VersionStages", label, labelLength),
      );
      if (content === undefined) throw invalidParameter("You must provide either SecretString or SecretBinary.");
      checkRotationToken(secret, input);
      const version = storeVersion(backend, secret, token, content, stages);
      if (principal.awsService !== undefined && version.labels.has("AWSCURRENT")) engine.rotatedByOwner(secret, token);
      return { ARN: secret.arn, Name: secret.name, VersionId: token, VersionStages: labelsOf(version) };
    },
    UpdateSecretVersionStage(input, { region, principal }) {
      const secret = table(region).openPrimary(secretIdOf(input));
      const label = requiredText(input, "VersionStage", labelLength);
      const to = limitedText(input, "MoveToVersionId", versionIdLength);
      const from = limitedText(input, "RemoveFromVersionId", versionIdLength);
      checkRotationToken(secret, input);
      const { state } = secret;
      const holder = holderOf(state, label);
      if (to === undefined && from === undefined) {
        throw invalidParameter("You must provide MoveToVersionId, RemoveFromVersionId or both.");
      }
      if (to === undefined && label === "AWSCURRENT") {
        throw invalidParameter("You can't remove staging label AWSCURRENT, only move it to another version.");
      }
      if (from === undefined && holder !== undefined && holder.versionId !== to) {
        throw refusals.moveNeedsOrigin(label, holder.versionId);
      }
      if (from !== undefined && holder?.versionId !== from) {
        throw invalidParameter(`Staging label ${label} is not attached to version ${from}.`);
      }
      const target = to === undefined ? undefined : state.versions.get(to);
      if (to !== undefined && target === undefined) throw refusals.versionNotFound(to);

      if (target === undefined) holder?.labels.delete(label);
      else {
        checkLabelCount(state, [label]);
        moveLabel(state, label, target);
        if (holder !== target) events.labelMoved(secret, label, target.versionId);
      }
      state.changedMs = nowMs();
      if (principal.awsService !== undefined && label === "AWSCURRENT" && target !== undefined)
        engine.rotatedByOwner(secret, target.versionId);
      return { ARN: secret.arn, Name: secret.name };
    },
    ListSecretVersionIds(input, { region }) {
      const secret = table(region).openAny(secretIdOf(input));
      const all = flag(input, "IncludeDeprecated");
      const listed = [...secret.state.versions.values()].filter(({ labels }) => all || labels.size > 0);
      const { page, NextToken } = pageOf(listed, input, 100);
      return {
        ARN: secret.arn,
        Name: secret.name,
        Versions: page.map((version) => ({
          VersionId: version.versionId,
          VersionStages: version.labels.size === 0 ? undefined : labelsOf(version),
          LastAccessedDate: accessDate(version.accessedMs),
          CreatedDate: seconds(version.createdMs),
          KmsKeyIds: [secret.kmsKeyId ?? "DefaultEncryptionKey"],
        })),
        NextToken,
      };
    },
  };
}
