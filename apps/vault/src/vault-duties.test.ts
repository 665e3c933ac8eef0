import { describe, expect, it } from 'vitest';
import { Called } from '../../../libs/http/src/called.fixture.js';
import { rounds } from './vault-duties.js';

const MINUTE = 60_000;
const HOUR = 3_600_000;

interface Circumstances {
  readonly searched?: boolean;
  readonly mail?: boolean;
  readonly overdue?: number;
}

async function vault({ searched = true, mail = true, overdue = 0 }: Circumstances = {}) {
  const said: unknown[] = [];
  const called = new Called({
    is: { 'KeyringPulse.everyMs': 5_000, 'IndexKeeper.isNeeded': searched },
    answers: { 'SessionsStore.countOverdueEndings': overdue },
  });
  const letters = mail ? (called.thing('LetterSender') as never) : null;
  const logger = {
    warn: (...words: unknown[]) => void said.push(words),
    error: (...words: unknown[]) => void said.push(words),
  };
  return { table: await called.tableOf(rounds(called.find, letters, logger)), said };
}

describe('the vault', () => {
  it('does each of its duties in its time', async () => {
    const { table, said } = await vault();
    expect(table).toEqual([
      [5_000, 'keyring', 'KeyringPulse.beat'],
      [3_000, 'key versions', 'DomainKeys.refresh'],
      [5_000, 'key rotation', 'KeySchedule.run'],
      [500, 'search indexes', 'IndexKeeper.beat'],
      [500, 'webhooks', 'DeliveryLoop.beat'],
      [500, 'letters', 'LetterSender.beat'],
      [MINUTE, 'guardianships that end', 'GuardianshipsService.endDue'],
      [HOUR, 'ended sessions', 'SessionsStore.deleteExpired'],
      [HOUR, 'late codes', 'SignInStore.deleteExpired'],
      [HOUR, 'spent attempts', 'SpentMarksStore.deleteExpired'],
      [HOUR, 'spent proofs', 'DELETE FROM dpop_spent'],
      [HOUR, 'late challenges', 'FactorsStore.deleteExpired'],
      [HOUR, 'lapsed evidence', 'OpeningsService.sweep'],
      [HOUR, 'approvals long over', 'Approvals.sweep'],
      [HOUR, 'late webhooks', 'DeliveryLoop.sweep'],
      [HOUR, 'letters long over', 'LettersStore.sweep'],
      [MINUTE, 'ended tokens', 'TokensStore.sweepExpired'],
      [HOUR, 'kept replies', 'Idempotency.sweep'],
      [MINUTE, 'overdue endings', 'SessionsStore.countOverdueEndings'],
    ]);
    expect(said).toEqual([]);
  });

  it('keeps no index where nothing is searched for, and sends no letter where it has no mail server', async () => {
    const { table, said } = await vault({ searched: false, mail: false });
    const tasks = table.map(([, task]) => task);
    expect(tasks).not.toContain('search indexes');
    expect(tasks).not.toContain('letters');
    expect(said).toEqual([['no mail server is set: letters wait']]);
  });

  it('says that the data plane has not ended a session', async () => {
    const { said } = await vault({ overdue: 3 });
    expect(said).toEqual([['sessions that the data plane has not ended', { count: 3 }]]);
  });
});
