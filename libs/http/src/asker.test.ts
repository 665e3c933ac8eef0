import { client, person, process, staff } from '@integument/authz';
import { describe, expect, it } from 'vitest';
import { actorOf, askerIn, by } from './asker.js';

const NOW = Date.parse('2026-03-01T12:00:00Z');
const signedIn = { authenticatedAt: new Date(NOW - 90_500) };
const circumstances = {
  requestId: 'req-1',
  from: { listener: 'public', network: '203.0.113.0/24' },
  policy: '0123456789ab',
} as const;

describe('the audit log names', () => {
  it('staff by id, roles, session, and how long ago they signed in and used a second factor', () => {
    const olivia = staff({
      id: 'olivia',
      session: 's1',
      roles: ['privacy-officer'],
      ...signedIn,
      secondFactorAt: new Date(NOW - 2_000),
    });
    expect(actorOf(olivia, NOW)).toEqual({
      kind: 'staff',
      id: 'olivia',
      roles: ['privacy-officer'],
      session: 's1',
      signInAge: 90,
      factorAge: 2,
    });
  });

  it('no session twice, and no age that is not known or lies ahead', () => {
    expect(actorOf(person({ id: 'ssn_1', session: 'ssn_1' }), NOW)).toEqual({ kind: 'person', id: 'ssn_1' });
    const ahead = person({ id: 'p', session: 's', authenticatedAt: new Date(NOW + 5_000) });
    expect(actorOf(ahead, NOW)).toMatchObject({ session: 's', signInAge: 0 });
  });

  it('clients and processes by their names alone', () => {
    expect(actorOf(client({ clientId: 'shop', use: 'identity' }))).toEqual({ kind: 'client', id: 'shop' });
    expect(actorOf(process({ name: 'api' }))).toEqual({ kind: 'process', id: 'api' });
  });
});

describe('where from', () => {
  const network = (caller: Parameters<typeof askerIn>[1]) => by(askerIn(circumstances, caller)).from?.network;

  it('is told of staff and clients, never of a person', () => {
    expect(network(staff({ id: 'o', session: 's', roles: [] }))).toBe('203.0.113.0/24');
    expect(network(client({ clientId: 'shop', use: 'health' }))).toBe('203.0.113.0/24');
    const anna = askerIn(circumstances, person({ id: 'p', session: 's' }));
    expect(by(anna).from).toEqual({ listener: 'public' });
    expect(JSON.stringify(anna)).not.toContain('203.0.113');
  });
});
