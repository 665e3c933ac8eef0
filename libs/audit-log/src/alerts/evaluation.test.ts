import { type AlertDefinition, alertDefinition, isWithin } from '@integument/contracts';
import { describe, expect, it } from 'vitest';
import type { LoggedEntry } from '../logged-entry.js';
import { StateMap } from './alert-store.js';
import { auditAlertsSchemaSql } from './alerts-schema.js';
import { type Alert, evaluate, expiryOf } from './evaluation.js';
import { matches } from './matching.js';

// A Thursday.
const NOON = Date.parse('2026-01-15T12:00:00Z');
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

type Changes = Partial<Omit<LoggedEntry, 'actor'>> & { actor?: LoggedEntry['actor'] };

function entry(changes: Changes = {}): LoggedEntry {
  const actor = { kind: 'staff', id: 'olivia' } as const;
  return {
    v: 1,
    at: new Date(NOON).toISOString(),
    action: 'people.reveal',
    outcome: 'done',
    actor,
    ...changes,
  };
}

function rule(changes: Partial<AlertDefinition>) {
  const definition: AlertDefinition = {
    match: { actions: ['people.reveal'] },
    groupBy: 'actor',
    when: { kind: 'each' },
    coolDownSeconds: 0,
    ...changes,
  };
  return { id: 'test', definition: alertDefinition.parse(definition) };
}

/** What entries at these times raise, one after another from position 0. */
function raised(changes: Partial<AlertDefinition>, ...times: (number | [number, Changes])[]): Alert[] {
  const states = new StateMap();
  return times.flatMap((time, position) => {
    const [at, more] = typeof time === 'number' ? [time, {}] : time;
    return evaluate(rule(changes), { position, at, entry: entry(more) }, states) ?? [];
  });
}

const lasts = (alerts: Alert[]) => alerts.map(({ last }) => last);
const by = (id: string, kind: LoggedEntry['actor']['kind'] = 'staff'): Changes => ({ actor: { kind, id } });

describe('a rule looks at entries', () => {
  it.each<[string, object, Changes, boolean]>([
    ['of an action', { actions: ['people.reveal'] }, {}, true],
    ['of a resource', { actions: ['people.*'] }, {}, true],
    ['of any', { actions: ['*'] }, {}, true],
    ['of several', { actions: ['x.y', 'people.reveal'] }, {}, true],
    ['not of another action', { actions: ['people.read'] }, {}, false],
    ['not of a resource that begins alike', { actions: ['people.*'] }, { action: 'people_x.reveal' }, false],
    ['by outcome', { actions: ['*'], outcome: 'refused' }, {}, false],
    [
      'by code',
      { actions: ['*'], codes: ['auth.forbidden'] },
      { outcome: 'refused', code: 'auth.forbidden' },
      true,
    ],
    ['by code, where there is none', { actions: ['*'], codes: ['auth.forbidden'] }, {}, false],
    ['by reason', { actions: ['*'], reasons: ['break-glass'] }, { reason: { code: 'break-glass' } }, true],
    [
      'by another reason',
      { actions: ['*'], reasons: ['break-glass'] },
      { reason: { code: 'ticket' } },
      false,
    ],
    ['by the kind of actor', { actions: ['*'], actorKinds: ['client'] }, {}, false],
    ['but never at alerts', { actions: ['*', 'audit.alert', 'audit.*'] }, { action: 'audit.alert' }, false],
  ])('%s', (_title, match, changes, looks) => {
    expect(matches(match as AlertDefinition['match'], entry(changes))).toBe(looks);
  });
});

describe('a count', () => {
  const three = { when: { kind: 'count', threshold: 3, withinSeconds: 60 } } as const;

  it('raises when so many are within the window, and says which', () => {
    expect(raised(three, NOON, NOON + 30_000, NOON + 60_000)).toEqual([
      { rule: 'test', group: 'staff:olivia', at: NOON + 60_000, first: 0, last: 2, count: 3 },
    ]);
  });

  it('does not where they are a millisecond further apart', () => {
    expect(raised(three, NOON, NOON + 30_000, NOON + 60_001)).toEqual([]);
  });

  it('slides', () => {
    expect(lasts(raised(three, NOON, NOON + 50_000, NOON + 70_000, NOON + 100_000))).toEqual([3]);
  });

  it('counts each group for itself', () => {
    const [a, b] = [by('anna'), by('bert')];
    const alerts = raised(three, [NOON, a], [NOON, b], [NOON, a], [NOON, b], [NOON, b]);
    expect(alerts).toMatchObject([{ group: 'staff:bert', first: 1, last: 4 }]);
  });

  it('counts no entry twice', () => {
    expect(lasts(raised(three, ...Array<number>(8).fill(NOON)))).toEqual([2, 5]);
  });

  it('is quiet for the cool-down, then counts what is still in the window', () => {
    const times = [0, 1, 2, 3, 4, 119, 120, 122, 123].map((seconds) => NOON + seconds * 1_000);
    expect(lasts(raised({ ...three, coolDownSeconds: 120 }, ...times))).toEqual([2, 7]);
  });

  it('takes entries of clocks that differ a little', () => {
    expect(lasts(raised(three, NOON, NOON - 20_000, NOON + 30_000))).toEqual([2]);
  });

  describe('of strangers', () => {
    const when = { kind: 'count', threshold: 10, withinSeconds: 60 } as const;
    const ten = {
      match: { actions: ['*'], outcome: 'refused' as const },
      groupBy: 'none' as const,
      when,
    } satisfies Partial<AlertDefinition>;
    const refused = { outcome: 'refused', code: 'auth.required' } as const;
    const strangers = (count: number): Changes => ({
      ...refused,
      action: 'requests.unauthenticated',
      actor: { kind: 'system', id: 'strangers' },
      count,
    });

    it('takes one entry for as many as it counts, and says so', () => {
      expect(raised(ten, [NOON, strangers(5_000)])).toMatchObject([{ first: 0, last: 0, count: 5_000 }]);
      expect(raised(ten, [NOON, strangers(9)])).toEqual([]);
      const codes = raised({ ...ten, groupBy: 'code' }, [NOON, strangers(10)]);
      expect(codes).toMatchObject([{ group: 'code:auth.required', count: 10 }]);
    });

    it('adds them to entries that are one each', () => {
      const alerts = raised(
        { ...ten, groupBy: 'code' },
        [NOON, refused],
        [NOON, strangers(6)],
        [NOON, refused],
        [NOON, strangers(3)],
      );
      expect(alerts).toMatchObject([{ first: 1, last: 3, count: 10 }]);
    });

    it('states the entries that it needed, and begins anew behind them', () => {
      const alerts = raised(
        ten,
        ...([4, 4, 7, 9, 1] as const).map((n) => [NOON, strangers(n)] as [number, Changes]),
      );
      expect(alerts).toMatchObject([
        { first: 1, last: 2, count: 11 },
        { first: 3, last: 4, count: 10 },
      ]);
    });

    it('takes none that are outside the window', () => {
      expect(raised(ten, [NOON, strangers(9)], [NOON + 60_001, strangers(9)])).toEqual([]);
      expect(raised(ten, [NOON, strangers(9)], [NOON + 60_001, strangers(10)])).toMatchObject([
        { first: 1, count: 10 },
      ]);
    });

    it('takes the entry for one where a rule is about one actor, or the count of something else', () => {
      expect(raised({ ...ten, groupBy: 'actor' }, [NOON, strangers(5_000)])).toEqual([]);
      expect(raised(ten, [NOON, { ...refused, count: 5_000 }])).toEqual([]);
    });

    it('remembers no more than the threshold, and no number that a column can not hold', () => {
      const states = new StateMap();
      const many = rule({ ...ten, when: { ...when, threshold: 1_000 } });
      const at = (position: number, count: number) =>
        evaluate(many, { position, at: NOON, entry: entry(strangers(count)) }, states);
      for (let position = 0; position < 999; position++) expect(at(position, -5)).toBeUndefined();
      expect(states.get('test', 'strangers:all')?.recent).toHaveLength(999);
      expect(at(999, Number.MAX_SAFE_INTEGER)).toMatchObject({ first: 999, count: 1_000_000 });
      expect(states.get('test', 'strangers:all')?.recent).toEqual([]);
    });

    it('silences nothing that known callers do', () => {
      const rest = Array.from({ length: 10 }, () => [NOON, refused] as [number, Changes]);
      const alerts = raised({ ...ten, coolDownSeconds: 3_600 }, [NOON, strangers(10)], ...rest);
      expect(alerts).toMatchObject([{ group: 'strangers:all' }, { group: '', count: 10 }]);
    });
  });

  it('is not silenced by an entry of a clock far ahead', () => {
    const year = 365 * 24 * HOUR;
    const ahead = [0, 1, 2].map((n) => NOON + year + n);
    const alerts = raised({ ...three, coolDownSeconds: 3_600 }, ...ahead, NOON, NOON, NOON);
    expect(lasts(alerts)).toEqual([2, 5]);
  });
});

describe('a first sight', () => {
  const first = (of: 'actor' | 'client', learnSeconds = 0) =>
    ({ groupBy: 'none', when: { kind: 'first-seen', of, learnSeconds } }) as const;

  it('raises once for each', () => {
    const alerts = raised(first('actor'), [NOON, by('anna')], [NOON, by('bert')], [NOON + HOUR, by('anna')]);
    expect(alerts.map(({ group }) => group)).toEqual(['staff:anna', 'staff:bert']);
  });

  it('is only learned in the beginning', () => {
    const alerts = raised(
      first('actor', 60),
      [NOON, by('anna')],
      [NOON + 59_999, by('bert')],
      [NOON + 60_000, by('anna')],
      [NOON + 60_000, by('carl')],
    );
    expect(alerts.map(({ group }) => group)).toEqual(['staff:carl']);
  });

  it('is of the client that acts, or through which somebody acts', () => {
    const through = (client: string): Changes => ({ actor: { kind: 'person', id: 'p', client } });
    const alerts = raised(
      first('client'),
      [NOON, by('shop', 'client')],
      [NOON, through('shop')],
      [NOON, through('app')],
      NOON,
    );
    expect(alerts.map(({ group }) => group)).toEqual(['client:shop', 'client:app']);
  });

  it('does not learn for a year because one clock was ahead', () => {
    const alerts = raised(
      first('actor', 60),
      [NOON + 365 * 24 * HOUR, by('anna')],
      [NOON, by('bert')],
      [NOON + MINUTE, by('carl')],
    );
    expect(alerts.map(({ group }) => group)).toEqual(['staff:carl']);
  });
});

describe('off-hours', () => {
  const hours = {
    timeZone: 'Europe/Berlin',
    days: ['mon', 'tue', 'wed', 'thu', 'fri'],
    from: '08:00',
    to: '18:00',
  };

  it.each([
    ['2026-01-15T07:00:00Z', true],
    ['2026-01-15T06:59:59Z', false],
    ['2026-01-15T16:59:59Z', true],
    ['2026-01-15T17:00:00Z', false],
    ['2026-01-17T12:00:00Z', false],
    // Summer time.
    ['2026-07-15T06:00:00Z', true],
    ['2026-07-15T16:00:00Z', false],
    // Monday there, Sunday in UTC.
    ['2026-01-18T23:30:00Z', false],
    ['2026-01-15T23:00:00Z', false],
  ])('%s is business time in Berlin: %s', (at, business) => {
    expect(isWithin(hours, Date.parse(at))).toBe(business);
  });

  it('goes by the weekday of the place', () => {
    const sundayUtc = Date.parse('2026-01-18T23:30:00Z');
    expect(isWithin({ ...hours, timeZone: 'Asia/Tokyo' }, sundayUtc)).toBe(true);
  });

  it('raises, and is quiet for the cool-down', () => {
    const when = { kind: 'off-hours', ...hours } as AlertDefinition['when'];
    const night = Date.parse('2026-01-15T22:00:00Z');
    expect(lasts(raised({ when, coolDownSeconds: 3_600 }, NOON, night, night + 1, night + HOUR))).toEqual([
      1, 3,
    ]);
  });
});

describe('each', () => {
  it('raises for every entry without a cool-down', () => {
    expect(lasts(raised({}, NOON, NOON, NOON))).toEqual([0, 1, 2]);
  });

  it.each([
    ['actor', 'staff:olivia'],
    ['subject', 'subject:-_abc'],
    ['code', 'code:auth.forbidden'],
    ['none', ''],
  ] as const)('is grouped by %s', (groupBy, group) => {
    const changes: Changes = { subject: '-_abc', outcome: 'refused', code: 'auth.forbidden' };
    expect(raised({ groupBy }, [NOON, changes])).toMatchObject([{ group }]);
  });

  it('raises for no group where the entry has none', () => {
    expect(raised({ groupBy: 'subject' }, NOON)).toEqual([]);
  });

  it('takes no name over that is none of ours', () => {
    expect(raised({}, [NOON, by('olivia@example.org <b>')])).toMatchObject([{ group: 'unreadable:name' }]);
  });
});

describe('what is remembered', () => {
  it('is kept as long as it can count, and a first sight for ever', () => {
    const count = rule({ when: { kind: 'count', threshold: 3, withinSeconds: 60 }, coolDownSeconds: 300 });
    expect(expiryOf(count, { recent: [[NOON, 1]], raised: null })).toBe(NOON + 60_000);
    expect(expiryOf(count, { recent: [[NOON, 1]], raised: NOON })).toBe(NOON + 300_000);
    const first = rule({ when: { kind: 'first-seen', of: 'actor', learnSeconds: 0 } });
    expect(expiryOf(first, { recent: [], raised: NOON })).toBeNull();
  });
});

describe('a definition', () => {
  const good = rule({}).definition;

  it('is closed', () => {
    for (const wrong of [
      { ...good, script: 'x' },
      { ...good, match: { ...good.match, where: '1=1' } },
      { ...good, match: { actions: [] } },
      { ...good, match: { actions: ['people.(.*)+'] } },
      { ...good, when: { kind: 'count', threshold: 1, withinSeconds: 5 } },
      { ...good, when: { kind: 'off-hours', timeZone: 'Mars/Base', days: [], from: '08:00', to: '18:00' } },
      { ...good, when: { kind: 'off-hours', timeZone: 'UTC', days: [], from: '18:00', to: '08:00' } },
      { ...good, when: { kind: 'eval' } },
      { ...good, coolDownSeconds: -1 },
    ]) {
      expect(alertDefinition.safeParse(wrong).success).toBe(false);
    }
  });

  it('of every rule to begin with is one', () => {
    const given = [...auditAlertsSchemaSql.matchAll(/^ {3}'(\{[^']*\})'/gm)].map(
      ([, json]) => JSON.parse(json ?? '') as unknown,
    );
    expect(given).toHaveLength(8);
    for (const definition of given) expect(alertDefinition.parse(definition)).toEqual(definition);
  });
});
