import { describe, expect, it } from 'vitest';
import type { OpenIdProvider } from '../../openid-providers.js';
import { toAuthentication } from './authentication.js';

const NOW = Date.UTC(2026, 10, 28);
const PROVIDER: OpenIdProvider = {
  id: 'main',
  name: 'Main',
  issuer: 'https://id.example.org',
  clientId: 'integument',
  clientSecret: 'secret',
  staff: false,
  acrValues: [],
};
const read = (claims: Record<string, unknown>, provider = PROVIDER) =>
  toAuthentication({ sub: 'alice', ...claims }, provider, NOW);

describe('what is taken from an ID token', () => {
  it('is who, where, how and when, and the session at the provider', () => {
    expect(read({ acr: 'gold', auth_time: NOW / 1_000 - 60, sid: 'session-1', email: 'a@b.c' })).toEqual({
      provider: PROVIDER.id,
      issuer: PROVIDER.issuer,
      subject: 'alice',
      acr: 'gold',
      authenticatedAt: new Date(NOW - 60_000),
      mayBeStaff: false,
      providerSession: 'session-1',
    });
    const said = { auth_time: NOW / 1_000 };
    expect(read(said, { ...PROVIDER, staff: true }).mayBeStaff).toBe(true);
  });

  it.each([[undefined], [''], [7], [['session-1']], ['s'.repeat(256)], ['a b'], ['a\u0000'], ['\u0430']])(
    'is no session where the provider gives none that is one: %j',
    (sid) => {
      expect(read({ sid }).providerSession).toBeUndefined();
    },
  );

  it.each([[undefined], [''], [1], ['a'.repeat(256)], ['gold\n']])(
    'is no level where it is none: %j',
    (acr) => {
      expect(read({ acr }).acr).toBe('0');
    },
  );

  it('is now, where a provider of people doesn’t say when; one of staff has to say', () => {
    expect(read({}).authenticatedAt).toEqual(new Date(NOW));
    expect(() => read({}, { ...PROVIDER, staff: true })).toThrow('sign_in.refused');
  });

  it('is never later than now, whatever the provider’s clock says', () => {
    expect(read({ auth_time: NOW / 1_000 + 20 }).authenticatedAt).toEqual(new Date(NOW));
    for (const auth_time of [NOW / 1_000 + 31, 1e300, 0, -1, Number.NaN, '1', null])
      expect(() => read({ auth_time })).toThrow('sign_in.refused');
  });
});
