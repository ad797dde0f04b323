import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { codes, type ErrorCode } from "../../shared/errors/codes.ts";
import { readingCodes } from "../../shared/errors/codes/reading.ts";
import { rotationCodes } from "../../shared/errors/codes/rotation.ts";
import { serversCodes } from "../../shared/errors/codes/servers.ts";
import type { checks } from "../../shared/operations/doctor/check-results.ts";

const root = path.resolve(import.meta.dirname, "../..");
/** Where a doctor's finding is stood next to what it is about. */
const evidence = ["tests/field", "tests/operations"].flatMap((folder) =>
  readdirSync(path.join(root, folder))
    .filter((file) => file.endsWith(".test.ts") && file !== "foretold.test.ts")
    .map((file) => readFileSync(path.join(root, folder, file), "utf8")),
);

interface Foretold {
  /** What the doctor finds, where that is not the code itself. */
  readonly by?: keyof typeof checks | ErrorCode;
}
interface ArisesLater {
  readonly arises: string;
}

/** Why a step can end in this code, and how the doctor knows before it starts. */
const lasting: Readonly<Partial<Record<ErrorCode, Foretold | ArisesLater>>> = {
  "access-denied": { by: "iam-denied" },
  "account-refused": { arises: "the doctor examines no function of another account" },
  "account-unsupported": {},
  "admin-secret-refused": {},
  "credential-expired": {},
  "credential-orphaned": { by: "credential-refused" },
  "credential-refused": {},
  "database-failed": {},
  "database-read-only": {},
  "database-rights-missing": {},
  "database-unknown": {},
  "engine-experimental": {},
  "engine-unsupported": {},
  "event-rejected": { by: "iam-denied" },
  "internal-fault": { arises: "it is a fault of rekey's own" },
  "mirror-unauthorized": {},
  "option-invalid": {},
  "pending-tampered": { by: "pending-left" },
  "pooler-keeps-password": {},
  "quota-exceeded": { arises: "Secrets Manager shows no quota that is left" },
  "rotation-disabled": { by: "rotation-off" },
  "secret-binary": {},
  "secret-malformed": {},
  "secret-not-found": {},
  "server-misbehaved": { arises: "a server that answers the doctor in order and a step out of order cannot be told" },
  "server-too-old": {},
  "step-invalid": { arises: "Secrets Manager sends the events" },
  "store-rejected": {},
  "tls-refused": {},
  "user-collision": {},
  "version-conflict": { by: "pending-left" },
  "version-not-pending": { arises: "somebody puts a value while a rotation goes on" },
  "version-unknown": { arises: "Secrets Manager makes the version that it rotates to" },
};

/** Raised by a step although another table has them: the bus, and Vault as the authority of static roles. */
const ofOtherTables: readonly ErrorCode[] = ["event-rejected", "mirror-unauthorized"];

/** Of reading, and not of a step: an operator's own credentials, and keys and secrets that Secrets Manager checks before a rotation. */
const ofOthers: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "credentials-expired",
  "credentials-refused",
  "key-denied",
  "key-unusable",
  "secret-deleted",
]);

test("every code that a step can end in for good is one that the doctor foretells, or cannot be there before", () => {
  const own = Object.keys({ ...rotationCodes, ...serversCodes, ...readingCodes }) as ErrorCode[];
  const stepCodes = [...own.filter((code) => !ofOthers.has(code)), ...ofOtherTables].filter(
    (code) => codes[code].disposition !== "retry",
  );
  expect(Object.keys(lasting).sort()).toEqual(stepCodes.sort());
});

const foretold = Object.entries(lasting).flatMap(([code, how]) => ("arises" in how ? [] : [how.by ?? code]));

test.each([...new Set(foretold)])("a test has the doctor find %s", (code) => {
  const asserted = new RegExp(`foretold\\b[^\n]*"${code}"|refusedAs\\("${code}"|(?:error|warning) ${code}"`);
  expect(evidence.some((text) => asserted.test(text))).toBe(true);
});
