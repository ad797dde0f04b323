import { describe } from "vitest";
import { contractTests } from "../support/contract-tests.ts";
import { saasFixture } from "../support/saas-fixture.ts";
import { saasShapes } from "../support/saas-shapes.ts";

describe.each(saasShapes)("like $name", (shape) => {
  contractTests(saasFixture(shape));
});
