import {
  dayOf,
  enrolPerson,
  eraseSelf,
  importConsents,
  listFactors,
  listSessions,
  makeGuardianship,
  type PurposeName,
  type RouteContract,
  readPerson,
  recordHold,
  requestApproval,
  searchPeople,
} from '@integument/contracts';
import { platform } from '@integument/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, type Exchange, request } from '../../outside/ask.js';
import { signIn } from '../../outside/browser.js';
import { CertificateHolder } from '../../outside/certificate-holder.js';
import { Client } from '../../outside/client.js';
import { agreeTo, newcomer } from '../../outside/newcomer.js';
import { stranger, type Visitor } from '../../outside/visitor.js';
import { LogTables } from '../audit/log-tables.js';
import { nobodys, type Place, requestWith, WITH_ID } from './foreign-ids.fixture.js';
import { API_MODEL, type Role, VAULT_MODEL } from './model.fixture.js';

const info = platform();

interface Id {
  readonly id: string;
  /** who was given it: to them it is somebody's */
  readonly holders: readonly string[];
}

let initial: string | undefined;
/** By its title: every id that somebody's doings leave with anybody. */
const ids: Record<string, Id> = {};
const visitors: Record<string, Visitor> = { stranger };
const ROLES: Readonly<Record<string, Role>> = {
  'another person': 'person',
  'the shop': 'identity-client',
  'the skin app': 'health-client',
  'the officer': 'privacy-officer',
  'the auditor': 'auditor',
};

let tables: LogTables;
let process: CertificateHolder;
beforeAll(async () => {
  tables = await LogTables.open(info);
  const officer = await signIn(info, info.staff.privacyOfficer);
  const auditor = await signIn(info, info.staff.auditor);
  const other = (await newcomer(info)).browser;
  process = await CertificateHolder.ofAnotherProcess(info);
  for (const purpose of ['ingest', 'recommendation'] as const) await agreeTo(info, other, purpose);
  Object.assign(visitors, {
    'another person': other,
    'the shop': new Client(info, 'brand-shop'),
    'the skin app': new Client(info, 'skin-app'),
    'the officer': officer,
    'the auditor': auditor,
    'another process': process,
  });
  await leaveIds(officer, auditor);
});
afterAll(async () => {
  process.close();
  await tables.close();
});

async function leaveIds(officer: Visitor, auditor: Visitor): Promise<void> {
  const { vault } = info.urls;
  const { browser, name, person } = await newcomer(info);
  const permit = (purpose: PurposeName) => agreeTo(info, browser, purpose);
  initial = person.enrolment.fields.given_name?.[0];
  const body = { field: 'email' as const, value: person.enrolment.fields.email ?? '' };
  const { people } = await ask(officer, vault, searchPeople, { body });
  const { browser: leaver, name: goneName } = await newcomer(info);
  const { erasure } = await ask(leaver, vault, eraseSelf);
  const reason = { code: 'legal' as const, reference: 'CASE-9' };
  const subject = 'A'.repeat(43);
  const asked = { operation: 'evidence.open' as const, parameters: { subject }, reason };
  const { approval } = await ask(auditor, vault, requestApproval, { body: asked });
  const brought = await ask(new Client(info, 'brand-shop'), vault, importConsents, {
    body: { consents: [{}] },
  });
  const { factors } = await ask(officer, vault, listFactors);
  const guardianship = await somebodysGuardianship();
  const { sessions } = await ask(browser, vault, listSessions);
  const held = { permit: await permit('ingest'), ground: 'legal-claims', reference: 'CASE-9' } as const;
  const { hold } = await ask(officer, info.urls.api, recordHold, {
    body: { ...held, until: dayOf(Date.now()) },
  });
  Object.assign(ids, {
    'the name that the shop has for somebody': { id: name, holders: ['the shop'] },
    'the name that staff have for them': { id: people[0]?.person ?? '', holders: ['the officer'] },
    'the name of somebody who is gone': { id: goneName, holders: [] },
    'their permit for ingest': { id: await permit('ingest'), holders: ['the skin app'] },
    'their permit for recommendation': { id: await permit('recommendation'), holders: ['the skin app'] },
    // Registered for other purposes, the app holds this one for nothing.
    'their permit for analytics': { id: await permit('analytics'), holders: [] },
    'the erasure of somebody': { id: erasure, holders: [] },
    'an import of the shop’s': { id: brought.import, holders: ['the shop'] },
    'a second factor of the officer': { id: factors[0]?.factor ?? '', holders: ['the officer'] },
    'a session of somebody': { id: sessions[0]?.session ?? '', holders: [] },
    'a guardianship that the shop recorded': { id: guardianship, holders: ['the shop', 'the officer'] },
    'a hold that the officer recorded': { id: hold, holders: ['the officer'] },
    'an approval that the auditor asked for': { id: approval, holders: ['the auditor', 'the officer'] },
  } satisfies Record<string, Id>);
}

async function somebodysGuardianship(): Promise<string> {
  const shop = new Client(info, 'brand-shop');
  const { name: guardian, person } = await newcomer(info);
  const fields = { email: `child.${person.enrolment.fields.email}`, birth_date: '2024-02-29' };
  const { person: child } = await ask(shop, info.urls.vault, enrolPerson, { body: { fields } });
  const body = { guardian, child, purposes: ['ingest' as const], evidence: 'Birth certificate' };
  return (await ask(shop, info.urls.vault, makeGuardianship, { body })).guardianship;
}

/** All of an answer but what differs from one request to the next: what is left of an allowance, too. */
function told({ status, headers, text }: Exchange): unknown {
  const passing = ['date', 'x-request-id', 'keep-alive', 'ratelimit'];
  const rest = [...headers].filter(([name]) => !passing.includes(name));
  return [status, text.replace(/"requestId":"[^"]*"/, ''), rest];
}

function urlOf({ path, ability, id }: RouteContract): string {
  if (path.startsWith('/internal/')) return info.urls.vaultInternal;
  const isOfApi =
    ability && Object.values(API_MODEL).some((held) => key(ability) in held && !isOfVault(ability));
  return isOfApi && id !== 'erasure.read' ? info.urls.api : info.urls.vault;
}

const key = ({ action, resource }: { action: string; resource: string }) => `${action} ${resource}`;
const isOfVault = (ability: { action: string; resource: string }) =>
  Object.values(VAULT_MODEL).some((held) => key(ability) in held);

async function answersTo(who: string, route: RouteContract, place: Place, id: string) {
  const visitor = visitors[who] as Visitor;
  const of = (one: string) => request(visitor, urlOf(route), route, requestWith(who, route, place, one));
  return { real: await of(id), none: await of(nobodys(id)) };
}

const onPublic = WITH_ID.filter(({ route }) => !route.path.startsWith('/internal/'));
const onInternal = WITH_ID.filter(({ route }) => route.path.startsWith('/internal/'));

describe.each(onPublic.map(({ route, place }) => [route.id, route, place] as const))(
  '%s answers whoever an id is not for as if there were no such id',
  (_, route, place) => {
    it('whatever it is the id of', async () => {
      let compared = 0;
      for (const [title, { id, holders }] of Object.entries(ids)) {
        for (const who of ['stranger', ...Object.keys(ROLES)]) {
          if (holders.includes(who)) continue;
          const { real, none } = await answersTo(who, route, place, id);
          expect([title, who, told(real)]).toEqual([title, who, told(none)]);
          expect([title, who, real.status]).toEqual([title, who, expectedOf(who, route, real)]);
          compared++;
        }
      }
      expect(compared).toBeGreaterThan(30);
    });
  },
);

/** What the one health client here is registered for. */
const SKIN_APP = ['ingest', 'recommendation'];

/** What the model says: who may not do this at all is refused as such, who may finds nothing. */
function expectedOf(who: string, route: RouteContract, { status }: Exchange): number {
  const refused = [400, 404].includes(status) ? status : 404;
  if (!route.ability) return refused;
  if (who === 'stranger') return 401;
  const model = urlOf(route) === info.urls.api ? API_MODEL : VAULT_MODEL;
  const role = ROLES[who];
  const may = role && model[role][key(route.ability)];
  return may && (!may.with || SKIN_APP.includes(may.with)) ? refused : 403;
}

describe('the internal listener', () => {
  it('answers another process of ours the same for every id', async () => {
    for (const { route, place } of onInternal) {
      for (const { id } of Object.values(ids)) {
        const { real, none } = await answersTo('another process', route, place, id);
        expect([route.id, told(real)]).toEqual([route.id, told(none)]);
        expect([route.id, real.status, real.code]).toEqual([route.id, 401, 'auth.required']);
      }
    }
  });
});

it('who holds an id does find somebody: else all of this would say nothing', async () => {
  const { id } = ids['the name that the shop has for somebody'] as Id;
  const { masked } = await ask(visitors['the shop'] as Visitor, info.urls.vault, readPerson, {
    params: { person: id },
  });
  // And what they are called is what they were called: nobody's attempt to rename them was heard.
  expect(masked.given_name?.[0]).toBe(initial);
  const permit = ids['their permit for ingest'] as Id;
  const [readings] = onPublic.filter(({ route }) => route.id === 'readings.read');
  if (!readings) throw new Error('no such route');
  const { real } = await answersTo('the skin app', readings.route, 'permit', permit.id);
  expect(real.status).toBe(200);
});

it('on record each refusal is the same, too: the entry names nobody', async () => {
  const { id } = ids['the name that the shop has for somebody'] as Id;
  const { real, none } = await answersTo('the officer', readPerson, 'person', id);
  const entries = await Promise.all(
    [real, none].map(({ headers }) => tables.entriesOf('vault', headers.get('x-request-id') ?? '')),
  );
  const [of, ofNone] = entries.map(([entry]) => ({
    ...entry,
    at: '',
    requestId: '',
    actor: entry?.actor.kind,
  }));
  expect(of).toEqual(ofNone);
  expect(of).toMatchObject({ action: 'people.read', outcome: 'refused', code: 'people.not_found' });
});
