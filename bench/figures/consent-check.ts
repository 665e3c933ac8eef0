import type { Figure } from '../figure.js';
import type { GatedEffects } from '../limits/gated-effects.js';
import { SideProcess } from '../side-process.js';
import { emptyPlatformDatabase } from '../vault-database.js';

const COUNT = 1_000;
const CONCURRENT = 16;

/** Batches of readings stored under a locked gate, against the same statements without lock and trigger. */
export const consentCheck = checked('consent.check', 'ingest', 'batches/s');

/** The same for lists of recommendations. */
export const consentCheckList = checked('consent.check.list', 'list', 'lists/s');

function checked(name: string, effect: 'ingest' | 'list', unit: string): Figure {
  return {
    name,
    unit,
    target: 0.95,
    higherIsBetter: true,
    rounds: 9,
    async open({ info }) {
      const effects = new SideProcess<GatedEffects, { seconds: number }>('./limits/gated-effects.js');
      const { platform } = info.databases;
      const gated = await emptyPlatformDatabase(platform, `bench_gated_${effect}`);
      const flagged = await emptyPlatformDatabase(platform, `bench_flagged_${effect}`);
      await effects.ask({ open: { gated, flagged } });
      const rate = async (where: 'flagged' | 'gated') => {
        const { seconds } = await effects.ask({
          put: { where, effect, count: COUNT, concurrent: CONCURRENT },
        });
        return COUNT / seconds;
      };
      return {
        figure: () => rate('gated'),
        limit: () => rate('flagged'),
        close: () => effects.end(),
      };
    },
  };
}
