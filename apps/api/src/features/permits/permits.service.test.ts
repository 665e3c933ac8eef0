import { client, person, staff } from '@integument/authz';
import { decodeId, encodeId, MalformedIdentifier, randomId } from '@integument/crypto';
import type { UnitOfWork } from '@integument/database';
import { describe, expect, it } from 'vitest';
import { knownPermit } from '../../api.fixture.js';
import type { PermitKeys } from './permit-keys.js';
import { PermitsService } from './permits.service.js';
import { PermitsStore } from './permits.store.js';

const service = new PermitsService(new PermitsStore(), {} as PermitKeys, {} as UnitOfWork);
const own = knownPermit('ingest');
const foreign = encodeId('psn', randomId());
const me = person({ id: 'x', session: 'x', permits: [own] });
const app = client({ clientId: 'skin-app', use: 'health', purposes: ['ingest'] });
const shop = client({ clientId: 'brand-shop', use: 'identity', purposes: ['ingest'] });

describe('the permit of a request', () => {
  it('of a person is their own, named or not', () => {
    expect(service.pseudonymOf(me, 'ingest', undefined)).toEqual(decodeId('psn', own.pseudonym));
    expect(service.pseudonymOf(me, 'ingest', own.pseudonym)).toEqual(decodeId('psn', own.pseudonym));
  });

  it('of a health client is the one it names', () => {
    expect(service.pseudonymOf(app, 'ingest', foreign)).toEqual(decodeId('psn', foreign));
  });

  it.each([
    ['a person who names somebody else', me, 'ingest', foreign, 'permits.not_found'],
    ['a person without one for the purpose', me, 'analytics', undefined, 'permits.not_found'],
    ['a person who names one of another purpose', me, 'recommendation', own.pseudonym, 'permits.not_found'],
    ['a client that is not registered for the purpose', app, 'recommendation', foreign, 'permits.not_found'],
    ['a client that names none', app, 'ingest', undefined, 'permits.header_missing'],
    ['a client that names nonsense', app, 'ingest', 'psn_nonsense', 'permits.not_found'],
    ['a client that names two', app, 'ingest', [foreign, foreign], 'permits.not_found'],
    ['an identity client', shop, 'ingest', foreign, 'permits.not_found'],
    ['staff', staff({ id: 'x', session: 'x', roles: ['admin'] }), 'ingest', foreign, 'permits.not_found'],
  ] as const)('is refused to %s', (_, caller, purpose, header, code) => {
    expect(() => service.pseudonymOf(caller, purpose, header)).toThrow(code);
  });

  it('with a mistyped name is refused, not looked up', () => {
    const mistyped = `${foreign.slice(0, -1)}${foreign.endsWith('0') ? '1' : '0'}`;
    expect(() => service.pseudonymOf(app, 'ingest', mistyped)).toThrow(MalformedIdentifier);
  });
});
