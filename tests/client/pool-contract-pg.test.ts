import { poolContract } from "../support/pool-contract/contract.ts";
import { pgFixture } from "../support/pool-contract/subjects/pg.ts";

poolContract(pgFixture);
