import { expect, test } from "vitest";
import { releaseNotes } from "./release-notes.ts";

const changelog =
  "# Changelog\n\n## [Unreleased]\n\n## [1.2.0] - 2026-11-28\n\n### Added\n\n- A.\n\n## [1.1.0] - 2026-11-01\n\n- B.\n";

test("the notes of a release are the changelog's section of its version, and no other", () => {
  expect(releaseNotes("v1.2.0", "1.2.0", changelog)).toBe("### Added\n\n- A.");
  expect(releaseNotes("v1.1.0", "1.1.0", changelog)).toBe("- B.");
});

test.each([
  ["a tag that is another version than package.json's", "v1.2.1", "1.2.0", changelog, "v1.2.0"],
  ["a version that the changelog does not have", "v1.3.0", "1.3.0", changelog, "1.3.0"],
  ["a section without a date", "v1.2.0", "1.2.0", "## [1.2.0] - soon\n\n- A.\n", "YYYY-MM-DD"],
  ["an empty section", "v1.2.0", "1.2.0", "## [1.2.0] - 2026-11-28\n\n## [1.1.0] - 2026-11-01\n\n- B.\n", "empty"],
])("%s is refused, naming it", (_what, tag, version, text, named) => {
  expect(() => releaseNotes(tag, version, text)).toThrow(named);
});
