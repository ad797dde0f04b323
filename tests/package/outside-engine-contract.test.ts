import { keeperFixture } from "../../examples/keeper/fixture.ts";
import { contractTests } from "../support/contract-tests.ts";

contractTests(keeperFixture);
