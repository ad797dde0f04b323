import { randomUUID } from "node:crypto";
import { inspect } from "node:util";
import { expect } from "vitest";
import { secretsManagerStore } from "../../../shared/aws/secrets-manager/secret-store.ts";
import { createSecretClient, type SecretClient } from "../../../shared/client/secret-client.ts";
import type { SecretSource } from "../../../shared/client/sources/secret-source.ts";
import type { SecretFields, Variant } from "../../../shared/testing/engine-contract/fixture.ts";
import type { Stage } from "../../../shared/testing/engine-contract/stage.ts";
import type { PoolClause, PoolFixture, Subject, SubjectOptions, SubjectServer } from "./fixture.ts";

/** Longer than anything takes on a busy machine. */
export const soon = { timeout: 30_000 };
export const newMark = (): string => `m${randomUUID().replaceAll("-", "").slice(0, 16)}`;

/** A secret, a client that has read it, and how both change. */
export interface Service extends AsyncDisposable {
  readonly secretId: string;
  readonly client: SecretClient;
  readonly options: SubjectOptions;
  /** Reads of the source so far, by label. */
  readonly reads: readonly string[];
  /** What the client reported. */
  readonly reported: readonly unknown[];
  /** Closed at the end of the test. */
  open(more?: Partial<SubjectOptions>): Promise<Subject>;
  /** Of AWSCURRENT. */
  username(): Promise<string>;
  /** A rotation of which the client is told; returns the version. */
  rotate(): Promise<string>;
  /** A new password on the server, put under this label. Nobody is told. */
  changePassword(label?: "AWSCURRENT" | "AWSPENDING"): Promise<void>;
}

/** What a clause is given to register its tests with. */
export interface PoolSuite {
  readonly fixture: PoolFixture;
  readonly variants: readonly [Variant, ...Variant[]];
  stage(): Stage;
  server(): SubjectServer;
  sessions(): Promise<readonly (string | number)[]>;
  service(variant: Variant, fields?: SecretFields): Promise<Service>;
  test(clause: PoolClause, sentence: string, body: () => Promise<void>): void;
}

function counted(source: SecretSource): { readonly source: SecretSource; readonly reads: string[] } {
  const reads: string[] = [];
  return {
    reads,
    source: {
      async read(secretId, at, call) {
        reads.push("label" in at ? at.label : at.versionId);
        return source.read(secretId, at, call);
      },
    },
  };
}

export async function startService(
  fixture: PoolFixture,
  stage: Stage,
  variant: Variant,
  fields: SecretFields = {},
): Promise<Service> {
  const { id: secretId } = await stage.newSecret(variant, { fields });
  const { source, reads } = counted(secretsManagerStore(stage.aws.own));
  const client = createSecretClient({ source });
  const reported: unknown[] = [];
  client.on("error", (failure) => reported.push(failure));
  await client.get(secretId);
  reads.length = 0;
  const options = { client, secretId };
  const opened: Subject[] = [];
  const current = async (): Promise<{ username: string; password: string }> =>
    JSON.parse((await stage.read(secretId, "AWSCURRENT")) ?? "{}") as { username: string; password: string };
  return {
    secretId,
    client,
    options,
    reads,
    reported,
    async open(more = {}) {
      const subject = await fixture.open({ ...options, ...more });
      opened.push(subject);
      return subject;
    },
    username: async () => (await current()).username,
    async rotate() {
      const versionId = await stage.rotate(secretId);
      client.invalidate(secretId, { atLeast: versionId });
      await expect.poll(async () => (await client.get(secretId)).versionId, soon).toBe(versionId);
      return versionId;
    },
    async changePassword(label) {
      const changed = { ...(await current()), password: newMark() };
      await stage.server.changePassword(changed);
      if (label !== undefined) await stage.put(secretId, JSON.stringify(changed), label);
    },
    async [Symbol.asyncDispose]() {
      for (const subject of opened) await subject.close();
      await client.close();
    },
  };
}

/** What a service would print of it. */
export function printed(...what: readonly unknown[]): string {
  const json = (one: unknown): string => {
    try {
      return JSON.stringify(one) ?? "";
    } catch {
      return "";
    }
  };
  return what
    .flatMap((one) => [
      inspect(one, { depth: 12, maxStringLength: null, maxArrayLength: null }),
      json(one),
      String(one instanceof Error ? one.stack : ""),
    ])
    .join("\n");
}

export const failureOf = async (work: () => Promise<unknown>): Promise<unknown> =>
  work().then(
    (result) => {
      throw new Error(`it should have failed, and gave ${typeof result}`);
    },
    (error: unknown) => error,
  );
