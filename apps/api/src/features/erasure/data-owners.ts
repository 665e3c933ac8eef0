import { CohortsStore } from '../cohorts/index.js';
import { FaultsService } from '../faults/index.js';
import { IngestStore } from '../ingest/index.js';
import { RecommendationsService } from '../recommendations/index.js';

/** Who holds what is erased with a permit: each is asked to let go of it. */
export const DATA_OWNERS = [IngestStore, RecommendationsService, FaultsService, CohortsStore] as const;
