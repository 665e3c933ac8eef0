import { describe, expect, it } from 'vitest';
import { parseLoggedEntry } from './logged-entry.js';
import { ocsfEvent } from './siem/ocsf.js';

const WHOLE = {
  v: 1,
  at: '2026-03-01T12:00:00.000Z',
  action: 'people.reveal',
  outcome: 'done',
  actor: { kind: 'staff', id: 'olivia', roles: ['privacy-officer'], session: 's', signInAge: 7 },
  subject: 'c3ViamVjdA',
  fields: ['email'],
  reason: { code: 'legal', reference: 'CASE-1' },
  count: 1,
  from: { listener: 'public', network: '203.0.113.0/24' },
};
const bytes = (value: unknown) => Buffer.from(JSON.stringify(value));

describe('an entry of a log that others could write to', () => {
  it('is read where it is whole', () => {
    expect(parseLoggedEntry(bytes(WHOLE))).toEqual(WHOLE);
  });

  it.each([
    ['a time out of reach', { at: '+100000-01-01T00:00:00Z' }],
    ['a time without its zone', { at: '2026-03-01T12:00:00.000' }],
    ['a day that there is not', { at: '2026-13-41T12:00:00.000Z' }],
    ['roles that are a text', { actor: { ...WHOLE.actor, roles: 'admin' } }],
    ['roles that are numbers', { actor: { ...WHOLE.actor, roles: [1] } }],
    ['an actor without a name', { actor: { kind: 'staff' } }],
    ['an age that is a text', { actor: { ...WHOLE.actor, signInAge: '7' } }],
    ['fields that are a text', { fields: 'x' }],
    ['a count that is none', { count: 1.5 }],
    ['a reason that is a text', { reason: 'because' }],
    ['a subject that is an object', { subject: {} }],
    ['a place that is a text', { from: 'here' }],
  ])('is none with %s, and is sent on as unreadable', (_, change) => {
    const planted = bytes({ ...WHOLE, ...change });
    expect(parseLoggedEntry(planted)).toBeNull();
    expect(() =>
      ocsfEvent({ origin: 'test.example/audit', position: 3, bytes: planted }, new Date()),
    ).not.toThrow();
  });
});
