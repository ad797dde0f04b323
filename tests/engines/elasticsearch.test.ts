import { contractTests } from "../support/contract-tests.ts";
import { elasticsearchFixture } from "../support/elasticsearch-fixture.ts";

contractTests(elasticsearchFixture, { isSlow: true });
