import { alertDefinition } from '@integument/contracts';
import { describe, expect, it } from 'vitest';
import { type AlertCursor, readAlerts } from './alert-rules.js';
import { tryAlertRule } from './alert-trial.js';
import { brief, TestAlerts } from './alerts.fixture.js';

const here = new TestAlerts();
const { write, catchUp, query, define, withoutDefaults, stored, alertEntries } = here;

describe('a rule', () => {
  const few = (withinSeconds: number) => ({ when: { kind: 'count', threshold: 3, withinSeconds } }) as const;

  it('forgets what it counted when its definition changes, and only then', async () => {
    await withoutDefaults();
    const first = await define('few', few(600));
    expect(first).toEqual({ before: undefined, after: expect.stringMatching(/^[0-9a-f]{64}$/) as unknown });
    await write({}, {});
    await catchUp();
    const same = await define('few', few(600), true);
    expect(same).toEqual({ before: first.after, after: first.after });
    await write({});
    await catchUp();
    expect(await stored()).toHaveLength(1);
    await write({}, {});
    await catchUp();
    const other = await define('few', few(700));
    expect(other.before).toBe(first.after);
    expect(other.after).not.toBe(first.after);
    await write({});
    await catchUp();
    expect(await stored()).toHaveLength(1);
  });

  it('that is switched off raises nothing', async () => {
    await withoutDefaults();
    await define('each', {}, false);
    await write({});
    await catchUp();
    expect(await stored()).toEqual([]);
  });

  it('is tried on what there is, and nothing comes of it', async () => {
    await withoutDefaults();
    const { definition } = {
      definition: alertDefinition.parse({
        match: { actions: ['*'] },
        groupBy: 'actor',
        when: { kind: 'each' },
        coolDownSeconds: 0,
      }),
    };
    const trial = (since: Date, most?: number) =>
      tryAlertRule(here.log.unitOfWork, { id: 'x', definition }, since, most);
    expect(await trial(here.clock.now())).toMatchObject({ entries: 0, count: 0, complete: true });
    await signedAt('2026-01-01T00:00:00Z', 5);
    await signedAt('2026-01-05T00:00:00Z', 7);
    await signedAt('2026-01-09T00:00:00Z', 3);
    expect(await trial(new Date('2026-01-10T00:00:00Z'))).toMatchObject({ from: 15, entries: 0, count: 0 });
    expect(await trial(new Date('2026-01-05T00:00:00Z'))).toMatchObject({
      from: 5,
      entries: 10,
      count: 10,
      complete: true,
    });
    expect(await trial(new Date('2026-01-05T00:00:01Z'))).toMatchObject({ from: 12, entries: 3 });
    expect(await trial(new Date('2025-01-01T00:00:00Z'))).toMatchObject({ from: 0, entries: 15 });
    const some = await trial(new Date('2025-01-01T00:00:00Z'), 4);
    expect(some).toMatchObject({ from: 11, entries: 4, complete: false, count: 4 });
    expect(some.alerts.map(({ last }) => last)).toEqual([14, 13, 12, 11]);
    expect(await stored()).toEqual([]);
    expect(await alertEntries()).toEqual([]);
    expect(await query('SELECT 1 FROM audit_alert_state')).toEqual([]);
  });

  async function signedAt(time: string, count: number): Promise<void> {
    here.clock.set(time);
    here.log.clock.set(time);
    await write(...Array.from({ length: count }, () => ({})));
  }
});

describe('the list of alerts', () => {
  it('is read page by page, the latest first, each once', async () => {
    await withoutDefaults();
    for (const id of ['a', 'b', 'c']) await define(id, { groupBy: 'none' });
    await write({}, {}, {});
    await catchUp();
    const seen: string[] = [];
    for (let after: AlertCursor | null = null; ; ) {
      const page: Awaited<ReturnType<typeof readAlerts>> = await here.log.unitOfWork.run((tx) =>
        readAlerts(tx, { after, limit: 2 }),
      );
      seen.push(...brief(page.alerts));
      if (!page.next) break;
      after = page.next;
    }
    expect(seen).toEqual(['c  2', 'b  2', 'a  2', 'c  1', 'b  1', 'a  1', 'c  0', 'b  0', 'a  0']);
  });
});
