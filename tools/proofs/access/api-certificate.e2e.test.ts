import {
  freezePermit,
  issueSignInCode,
  openPermit,
  permitKeys,
  type RouteContract,
  redeemSignInCode,
  requestLetters,
  sessionPermits,
} from '@integument/contracts';
import { decodeId, encodeId, randomId } from '@integument/crypto';
import { platform } from '@integument/testing';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ByteSearch } from '../../demo/byte-search.js';
import { formsOfBytes, formsOfText, type Needle } from '../../demo/encodings.js';
import { declaredRoutes } from '../../docs/routes.js';
import { ask, Exchange, type LooseInput, request } from '../../outside/ask.js';
import { CertificateHolder } from '../../outside/certificate-holder.js';
import { clientToken } from '../../outside/client-token.js';
import { type Newcomer, newcomer } from '../../outside/newcomer.js';

/**
 * Whoever has taken over the API has its certificate, a session of somebody, and all the ids that the API is given. They ask the
 * vault's internal listener everything it can be asked, rightly and wrongly, and learn nothing of who that somebody is.
 */
const info = platform();
const { vault, vaultInternal } = info.urls;
const INTERNAL = declaredRoutes().filter(({ path }) => path.startsWith('/internal/'));
const nobodys = (prefix: string) => encodeId(prefix, randomId());

let thief: CertificateHolder;
let somebody: Newcomer;
/** What they may know of somebody, and what each route takes to be right. */
let session: string;
let gate: string;
let right: Readonly<Record<string, LooseInput>>;
let needles: Needle[];
const told: Exchange[] = [];

beforeAll(async () => {
  thief = CertificateHolder.asApi(info);
  somebody = await newcomer(info);
  const { code } = await ask(somebody.browser, vault, issueSignInCode);
  ({ session } = await ask(thief, vaultInternal, redeemSignInCode, { body: { code } }));
  const asked = { session: session as never, purpose: 'analytics', gate: nobodys('gat') as never, epoch: 1 };
  ({ gate } = await ask(thief, vaultInternal, openPermit, { body: asked as never }));
  needles = await identityOf(somebody);
  right = await rightRequests();
}, 120_000);
afterAll(() => thief.close());

/** Everything that says who they are, down to the vault's own keys for them, in whichever writing. */
async function identityOf({ person, name }: Newcomer): Promise<Needle[]> {
  const database = new pg.Client({ connectionString: info.databases.vault.url });
  await database.connect();
  const { rows } = await database.query<{ person_id: Buffer; subject: Buffer; account: Buffer }>(
    `SELECT person_id, p.subject, a.account FROM client_pseudonym c JOIN person p USING (person_id)
       JOIN account a USING (person_id) WHERE c.pseudonym = $1`,
    [decodeId('cps', name)],
  );
  await database.end();
  const [row] = rows;
  if (!row) throw new Error('nobody is enrolled by that name');
  return [
    ...person.canaries.filter(({ value }) => value.length > 8).flatMap(formsOfText),
    ...formsOfText({ kind: 'name that the shop has', value: name }),
    ...formsOfBytes('name that the shop has', decodeId('cps', name)),
    ...formsOfBytes('person', row.person_id),
    ...formsOfBytes('commitment of the vault’s log', row.subject),
    ...formsOfBytes('account', row.account),
  ];
}

/** What would be right to ask; where asking has an effect on others, right but for an id that is nobody's. */
async function rightRequests(): Promise<typeof right> {
  const { code } = await ask(somebody.browser, vault, issueSignInCode);
  const erasure = { params: { erasure: nobodys('ers') } };
  const modelKey = { params: { modelKey: nobodys('mdk') } };
  const digest = Buffer.alloc(32, 1).toString('base64url');
  return {
    'sign_in.redeem': { body: { code } },
    'sign_in.session_endings': {},
    'sign_in.confirm_session_endings': { body: { sessions: [nobodys('ssn')] } },
    'permits.open': { body: { session, purpose: 'analytics', gate, epoch: 2 } },
    'permits.decline': { body: { session, purpose: 'analytics', gate, epoch: 2 } },
    'permits.keep_opt_out': { body: { session, kind: 'limit-use', onDay: '2026-07-01', channel: 'web' } },
    'permits.resume': { body: { session, gate, epoch: 3 } },
    'permits.keys': { body: { gates: [gate], use: 'rights' } },
    'guardianships.consent_endings': {},
    'permits.told': { body: { gates: [gate] } },
    'permits.of_session': { body: { session } },
    'registry.read_client': { body: { credential: 'skin-lab' } },
    'rules.in_force': {},
    'rules.text': { params: { version: '1' } },
    'letters.request': {
      body: { letters: [{ gate, key: nobodys('ltk'), template: 'consent-ended' }] },
    },
    'consent_imports.pending': { body: {} },
    'consent_imports.mint': { body: { purpose: 'analytics', gates: [{ gate: nobodys('gat'), epoch: 1 }] } },
    'consent_imports.settle': { body: { purpose: 'analytics', done: [nobodys('gat')], refused: [] } },
    'erasure.pending': {},
    'erasure.gates_closed': erasure,
    'erasure.completed': erasure,
    'model_keys.create': {},
    'model_keys.read': modelKey,
    'model_keys.destroy': modelKey,
    'approvals.redeem': {
      body: { approval: nobodys('apr'), operation: 'evidence.open', digest, session },
    },
    // Last: from here on there is less to learn.
    'permits.freeze': { body: { gate, epoch: 4 } },
    'permits.destroy': { body: { gate: nobodys('gat'), epoch: 5 } },
  };
}

/** What stands for a person on the other plane, and what would stand for all of them. */
function handles(): unknown[] {
  const { person, name } = somebody;
  return [name, person.subject, person.enrolment.fields.email, '*', '%', '', null, { $ne: null }, [name], 0];
}

const MORE = ['person', 'account', 'fields', 'include', 'expand', 'identity', 'reveal', 'purpose'];

/** The request with each of its values replaced by each handle, and with parameters that it does not have. */
function* wrong({ params = {}, body }: LooseInput): Generator<LooseInput> {
  const sent = (body ?? {}) as Record<string, unknown>;
  for (const handle of handles()) {
    for (const name of Object.keys(params)) yield { params: { ...params, [name]: String(handle) }, body };
    for (const name of Object.keys(sent)) yield { params, body: { ...sent, [name]: handle } };
  }
  for (const name of MORE) {
    for (const value of [somebody.name, 'email', ['email'], true]) {
      yield { params, body: { ...sent, [name]: value } };
      yield { params, body, query: { [name]: String(value) } };
    }
  }
}

/** The same as somebody else, too: with what the browser and a client of the identity plane have. */
async function asOthers(): Promise<Record<string, string>[]> {
  const token = await clientToken(info, 'brand-shop');
  return [
    { cookie: somebody.browser.cookiesFor(new URL(vault)) },
    { authorization: `Bearer ${token}` },
    { 'integument-claim': nobodys('ecl'), 'x-forwarded-for': '127.0.0.1', 'x-original-url': '/v1/me' },
  ];
}

const found = (exchanges: readonly Exchange[]) => {
  const search = new ByteSearch(needles);
  const hits = new Set<Needle>();
  for (const { headers, text } of exchanges) {
    search.find(Buffer.from(`${text}\n${JSON.stringify([...headers])}`), hits);
  }
  return [...hits].map(({ kind, form }) => `${kind} (${form})`);
};

async function tell(route: RouteContract, input: LooseInput): Promise<Exchange> {
  // A GET has no body to be wrong in.
  const sent = route.method === 'GET' ? { ...input, body: undefined } : input;
  const exchange = await request(thief, vaultInternal, route, sent);
  told.push(exchange);
  return exchange;
}

describe('with the API’s certificate', () => {
  it('every route of the internal listener is asked', () => {
    expect(INTERNAL.map(({ id }) => id).filter((id) => !(id in right))).toEqual([]);
  });

  it('what is asked rightly is answered, with nothing that says who it is', async () => {
    const answered: string[] = [];
    for (const route of ordered()) {
      const { status } = await tell(route, right[route.id] ?? {});
      if (status < 300) answered.push(route.id);
    }
    expect(answered).toEqual(
      expect.arrayContaining([
        redeemSignInCode.id,
        openPermit.id,
        sessionPermits.id,
        permitKeys.id,
        requestLetters.id,
        freezePermit.id,
      ]),
    );
    expect(found(told)).toEqual([]);
  });

  it('nor is what is asked with somebody’s other names, or for more than there is', async () => {
    for (const route of ordered()) {
      for (const input of wrong(right[route.id] ?? {})) {
        const { status } = await tell(route, input);
        expect([route.id, status < 500]).toEqual([route.id, true]);
      }
    }
    expect(told.length).toBeGreaterThan(1_000);
    expect(found(told)).toEqual([]);
  });

  it('nor is what is asked with the credentials of others beside it', async () => {
    for (const headers of await asOthers()) {
      for (const route of ordered()) await tell(route, { ...right[route.id], headers });
    }
    expect(found(told)).toEqual([]);
  });

  it('the search finds what is there: the session and the permit’s gate were told', () => {
    const known = [
      { kind: 'gate', value: gate },
      { kind: 'session', value: session },
    ].flatMap(formsOfText);
    const search = new ByteSearch(known);
    const hits = new Set<Needle>();
    for (const { text } of told) search.find(Buffer.from(text), hits);
    expect([...hits].map(({ kind }) => kind)).toEqual(expect.arrayContaining(['gate']));
    expect(found([new Exchange(200, new Headers(), somebody.person.subject)])).not.toEqual([]);
  });
});

function ordered(): RouteContract[] {
  const order = Object.keys(right);
  return [...INTERNAL].sort((a, b) => order.indexOf(a.id) - order.indexOf(b.id));
}
