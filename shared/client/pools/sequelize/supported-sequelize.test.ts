import { Sequelize } from "sequelize";
import { expect, test } from "vitest";
import { supportedManager } from "./supported-sequelize.ts";

const made = (): Sequelize => new Sequelize({ dialect: "postgres" });
const ofVersion = (version: unknown): Sequelize => {
  class Other extends Sequelize {}
  Object.defineProperty(Other, "version", { value: version });
  return new Other({ dialect: "postgres" });
};

test("the installed version is supported, and so is each from 6.37 on", () => {
  const sequelize = made();
  expect(supportedManager(sequelize)).toBe(sequelize.connectionManager);
  for (const version of ["6.37.0", "6.40.2"]) expect(() => supportedManager(ofVersion(version))).not.toThrow();
});

test.each([
  ["6.36.9", "6.36.9"],
  ["5.40.0", "5.40.0"],
  ["7.0.0", "7.0.0"],
  ["7.40.0", "7.40.0"],
  [undefined, "unknown"],
])("version %s is refused", (version, found) => {
  expect(() => supportedManager(ofVersion(version))).toThrow(
    expect.objectContaining({
      code: "driver-unsupported",
      context: { driver: "sequelize", found, supported: "6.37.0 to 6.x" },
      hint: "npm install sequelize@6",
    }),
  );
});

test.each(["connect", "disconnect", "releaseConnection", "close", "_validate", "pool"])(
  "one is refused whose connection manager has no %s",
  (name) => {
    const sequelize = made();
    Object.assign(sequelize.connectionManager, { [name]: undefined });
    expect(() => supportedManager(sequelize)).toThrow(expect.objectContaining({ code: "driver-unsupported" }));
  },
);

test("and one whose pool does not tell which connections are idle", () => {
  const sequelize = made();
  const { pool } = supportedManager(sequelize);
  Object.assign(pool, { _availableObjects: undefined });
  expect(() => supportedManager(sequelize)).toThrow(expect.objectContaining({ code: "driver-unsupported" }));
});
