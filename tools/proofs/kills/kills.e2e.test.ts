import { chmodSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { proofCount, seededRandom } from '@integument/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { forgetData } from '../../run/data-folder.js';
import { type Platform, startPlatform } from '../../run/platform.js';
import { contradictions, halves } from './halves.js';
import type { Ledger } from './ledger.js';
import { countDone, type ExportedLog, exportLog, unaudited } from './logs.js';
import { lostData, missingPeople, unfinishedErasures, wrongConsents } from './promises.js';
import { killRound, TARGETS } from './round.js';
import { query, settle } from './settle.js';

/** Five kills in a round: the vault, the API, its worker and both PostgreSQL servers. */
const ROUNDS = proofCount(1, 50 / TARGETS.length);
const PATIENCE_SECONDS = 2;
/** A message that failed while the vault was away waits up to half a minute for its next try. */
const SETTLED_WITHIN_MS = 60_000;

const random = seededRandom();
let dataFolder: string;
let platform: Platform;

beforeAll(async () => {
  dataFolder = mkdtempSync(join(tmpdir(), 'integument-kills-'));
  chmodSync(dataFolder, 0o711); // as root, PostgreSQL runs as another account, which has to get through
  process.env.GATE_PATIENCE_SECONDS = String(PATIENCE_SECONDS);
  platform = await startPlatform({ dataFolder, ports: 'free', durable: true, quiet: true });
});
afterAll(async () => {
  delete process.env.GATE_PATIENCE_SECONDS;
  await platform?.stop();
  forgetData(dataFolder);
});

describe.each(Array.from({ length: ROUNDS }, (_, at) => at + 1))(
  `after kill -9 of everything once, round %i (SEED=${random.seed})`,
  (round) => {
    let ledger: Ledger;
    const logs = {} as { vault: ExportedLog; api: ExportedLog };

    beforeAll(async () => {
      ledger = await killRound(platform, random, round);
      await settle(platform.info, SETTLED_WITHIN_MS);
      logs.vault = await exportLog(platform.info, 'vault');
      logs.api = await exportLog(platform.info, 'api');
    }, 400_000);

    it('everything was under load: each kind of operation was acknowledged', () => {
      const kinds = ['people.enrol', 'people.erase', 'consent.give', 'consent.withdraw', 'readings.store'];
      for (const kind of [...kinds, 'events.record'])
        expect(ledger.acknowledged.filter(({ action }) => action === kind).length, kind).toBeGreaterThan(0);
    });

    it('nothing took effect after an answered withdrawal', () => {
      expect(ledger.violations).toEqual([]);
    });

    it('both halves of every permit agree', async () => {
      expect(await contradictions(platform.info)).toEqual([]);
    });

    it('nothing is half-done', async () => {
      expect(await halves(platform.info)).toEqual([]);
    });

    it('both audit logs verify', () => {
      expect(logs.vault.report).toMatchObject({ ok: true });
      expect(logs.api.report).toMatchObject({ ok: true });
    });

    it('every acknowledged operation stands in its log once', () => {
      const of = (app: string) => ledger.acknowledged.filter((one) => one.app === app);
      expect(unaudited(of('vault'), logs.vault.entries)).toEqual([]);
      expect(unaudited(of('api'), logs.api.entries)).toEqual([]);
    });

    it('the log tells of as many consents as there are', async () => {
      const events = await query<{ kind: string }>(
        platform.info,
        'platform',
        'SELECT kind FROM consent_event',
      );
      const withdrawn = events.filter(({ kind }) => kind === 'withdrawn').length;
      const { entries } = await exportLog(platform.info, 'api');
      expect(countDone(entries, 'consent.withdraw')).toBe(withdrawn);
      expect(countDone(entries, 'consent.give')).toBe(events.length - withdrawn);
    });

    it('everybody who was enrolled is found', async () => {
      expect(await missingPeople(platform.info, ledger)).toEqual([]);
    });

    it('every consent is as it was last answered', async () => {
      expect(await wrongConsents(platform.info, ledger)).toEqual([]);
    });

    it('everybody whose erasure was acknowledged is erased', async () => {
      expect(await unfinishedErasures(platform.info, ledger)).toEqual([]);
    });

    it('consent can be given again, and what was acknowledged reads back', async () => {
      expect(await lostData(platform.info, ledger)).toEqual([]);
    });
  },
);
