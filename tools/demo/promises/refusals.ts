import { randomUUID } from 'node:crypto';
import {
  enrolPerson,
  giveConsent,
  listConsents,
  listRecommendations,
  type Problem,
  permitKeys,
  type RouteContract,
  readAuditEntries,
  readPerson,
  readReadings,
  readSelf,
  recordEvents,
  revealPerson,
  searchPeople,
  storeReadings,
} from '@integument/contracts';
import { encodeId, randomId } from '@integument/crypto';
import { type Exchange, type LooseInput, request } from '../../outside/ask.js';
import { CertificateHolder } from '../../outside/certificate-holder.js';
import type { Visitor } from '../../outside/visitor.js';
import type { SyntheticPerson } from '../canaries.js';
import { missingFrom } from '../refusals-in-log.js';
import { permitOf, type Stage } from '../stage.js';
import type { App } from '../tape.js';
import type { DemoPromise, Trial } from '../transcript.js';
import { emailOf } from './enrolment.js';

/** A request that must be refused, and how. */
interface Attempt {
  readonly by: Visitor;
  readonly at: string;
  readonly route: RouteContract;
  readonly input: LooseInput;
  readonly answer: readonly [status: number, code: string];
}

export const refusals: DemoPromise<Stage> = {
  title: 'What must not be is refused, and the refusals are in the audit logs',
  async keep(stage, trial) {
    await refuse(stage, trial, 'a wrong purpose', 'api', wrongPurposes(stage));
    await refuse(
      stage,
      trial,
      "somebody else's pseudonym, or one of nobody",
      'api',
      foreignPseudonyms(stage),
    );
    await refuse(stage, trial, 'a reveal without a reason, or for another purpose', 'vault', reveals(stage));
    await refuse(stage, trial, 'an identity client at the API', 'api', identityClientAtApi(stage));
    await refuse(
      stage,
      trial,
      "the API's own certificate asking for identity",
      'vault',
      apiAsksIdentity(stage),
    );
    await refuse(
      stage,
      trial,
      'what does not have the form that a route asks for',
      'vault',
      wrongForms(stage),
    );
    await withoutCertificate(stage, trial);
    await findInLogs(stage, trial);
  },
};

async function refuse(
  stage: Stage,
  trial: Trial,
  claim: string,
  app: App,
  attempts: readonly Attempt[],
): Promise<void> {
  const wrong: string[] = [];
  const codes = new Set<string>();
  for (const { by, at, route, input, answer } of attempts) {
    const exchange = await request(by, at, route, input);
    const { problem } = exchange;
    const [status, code] = answer;
    if (exchange.status !== status || problem?.code !== code)
      wrong.push(`${route.id} answered ${exchange.status} ${problem?.code ?? ''}`);
    else if (echoes(exchange, stage.people)) wrong.push(`${route.id} gave back what was sent`);
    if (!problem) continue;
    codes.add(`${exchange.status} ${problem.code}`);
    note(stage, app, problem);
  }
  trial.check(`${claim}: ${attempts.length} tries, ${[...codes].join(', ')}`, wrong[0]);
}

function note(stage: Stage, app: App, { requestId, code }: Problem): void {
  stage.refusals.push({ app, requestId, code });
}

function echoes({ text }: Exchange, people: readonly SyntheticPerson[]): boolean {
  const said = text.toLowerCase();
  return people.slice(0, 3).some(({ canaries }) => canaries.some(({ value }) => said.includes(value)));
}

function wrongPurposes(stage: Stage): Attempt[] {
  const { alma, skinApp, api: at } = stage;
  const asIngest = { 'integument-permit': permitOf(alma, 'recommendation') };
  const asRecommendation = { 'integument-permit': permitOf(alma, 'ingest') };
  const absent = [404, 'permits.not_found'] as const;
  return [
    {
      by: skinApp,
      at,
      route: storeReadings,
      input: { headers: asIngest, body: oneReading() },
      answer: absent,
    },
    { by: skinApp, at, route: readReadings, input: { headers: asIngest, query: STREAM }, answer: absent },
    {
      by: skinApp,
      at,
      route: recordEvents,
      input: { headers: asRecommendation, body: oneEvent() },
      answer: absent,
    },
    { by: skinApp, at, route: listRecommendations, input: { headers: asRecommendation }, answer: absent },
    {
      by: alma.browser,
      at,
      route: giveConsent,
      input: { params: { purpose: 'marketing' }, body: { notice: 'a'.repeat(64) } },
      answer: [400, 'request.invalid'],
    },
  ];
}

function foreignPseudonyms(stage: Stage): Attempt[] {
  const { alma, bo, skinApp, api: at } = stage;
  const almas = { 'integument-permit': permitOf(alma, 'ingest') };
  const nobodys = { 'integument-permit': encodeId('psn', randomId()) };
  const answer = [404, 'permits.not_found'] as const;
  return [
    { by: bo.browser, at, route: readReadings, input: { headers: almas, query: STREAM }, answer },
    { by: bo.browser, at, route: storeReadings, input: { headers: almas, body: oneReading() }, answer },
    { by: skinApp, at, route: readReadings, input: { headers: nobodys, query: STREAM }, answer },
  ];
}

function reveals(stage: Stage): Attempt[] {
  const { alma, shop, vault: at } = stage;
  const params = { person: alma.shopName };
  const fields = ['email', 'postal_address'];
  const reason = { code: 'order', reference: 'ORDER-7' };
  const told = { code: 'order', reference: emailOf(alma) };
  const invalid = [400, 'request.invalid'] as const;
  const body = (rest: object) => ({ params, body: { fields, ...rest } });
  return [
    { by: shop, at, route: revealPerson, input: body({ purpose: 'delivery' }), answer: invalid },
    {
      by: shop,
      at,
      route: revealPerson,
      input: body({ purpose: 'delivery', reason: told }),
      answer: invalid,
    },
    { by: shop, at, route: revealPerson, input: body({ reason }), answer: invalid },
    {
      by: shop,
      at,
      route: revealPerson,
      input: body({ purpose: 'legal-obligation', reason }),
      answer: [403, 'people.purpose_not_allowed'],
    },
  ];
}

function identityClientAtApi(stage: Stage): Attempt[] {
  const { alma, shop, api: at } = stage;
  const headers = { 'integument-permit': permitOf(alma, 'ingest') };
  const answer = [403, 'auth.forbidden'] as const;
  return [
    { by: shop, at, route: readReadings, input: { headers, query: STREAM }, answer },
    { by: shop, at, route: storeReadings, input: { headers, body: oneReading() }, answer },
    { by: shop, at, route: listRecommendations, input: { headers }, answer },
    { by: shop, at, route: listConsents, input: {}, answer },
    { by: shop, at, route: readAuditEntries, input: {}, answer },
  ];
}

function apiAsksIdentity(stage: Stage): Attempt[] {
  const { alma, apiProcess: by, internal: at } = stage;
  const person = { person: alma.shopName };
  const answer = [404, 'request.unknown_route'] as const;
  const reason = { code: 'order', reference: 'ORDER-7' };
  return [
    { by, at, route: searchPeople, input: { body: { field: 'email', value: emailOf(alma) } }, answer },
    { by, at, route: readPerson, input: { params: person }, answer },
    {
      by,
      at,
      route: revealPerson,
      input: { params: person, body: { fields: ['email'], purpose: 'delivery', reason } },
      answer,
    },
    { by, at, route: readSelf, input: {}, answer },
    { by, at, route: readAuditEntries, input: {}, answer },
    // The same path below the internal listener's own prefix: no route of that name hides there.
    {
      by,
      at,
      route: { ...readPerson, path: '/internal/v1/people/:person' },
      input: { params: person },
      answer,
    },
  ];
}

/** Each with a value of Alma's in it, which must not come back and not be written anywhere. */
function wrongForms(stage: Stage): Attempt[] {
  const { alma, shop, vault: at } = stage;
  const { fields } = alma.person.enrolment;
  const email = emailOf(alma);
  const invalid = [400, 'request.invalid'] as const;
  const wrong = (body: object): Attempt => ({
    by: shop,
    at,
    route: enrolPerson,
    input: { body },
    answer: invalid,
  });
  return [
    wrong({ fields: { ...fields, email: fields.given_name } }),
    wrong({ fields: { email, [fields.family_name ?? '']: fields.account_id } }),
    wrong({ fields, [email]: true }),
    wrong({ fields: { birth_date: `${fields.birth_date}T00:00` } }),
    {
      by: shop,
      at,
      route: readPerson,
      input: { params: { person: fields.account_id ?? '' } },
      answer: invalid,
    },
    { by: shop, at, route: readSelf, input: { query: { email } }, answer: [403, 'auth.forbidden'] },
  ];
}

/** Nobody knows who that was, so there is nothing to write down. */
async function withoutCertificate(stage: Stage, trial: Trial): Promise<void> {
  const nobody = CertificateHolder.withoutCertificate(stage.info);
  const body = { gates: [encodeId('gat', randomId())], use: 'process' };
  const answer = await request(nobody, stage.internal, permitKeys, { body }).catch(() => null);
  nobody.close();
  trial.check(
    'the internal listener does not even speak with somebody without a certificate',
    answer && `it answered ${answer.status}`,
  );
}

/** The auditor finds each of them under its request's name, with its code. */
async function findInLogs(stage: Stage, trial: Trial): Promise<void> {
  for (const app of ['vault', 'api'] as const) {
    const expected = stage.refusals.filter((refusal) => refusal.app === app);
    const missing = await missingFrom(stage, app, expected);
    trial.check(
      `the auditor finds all ${expected.length} refusals of ${app === 'api' ? 'the API' : 'the vault'} in its log`,
      (expected.length === 0 && 'there was none') || (missing > 0 && `${missing} are missing`),
    );
  }
}

const STREAM = { stream: 'heart-rate' };

function oneReading() {
  return { batch: randomUUID(), stream: 'heart-rate', readings: [[Date.now(), 61]] };
}

function oneEvent() {
  const event = { kind: 'profile', event: randomUUID(), skinTypes: ['oily'], concerns: [] };
  return { events: [event] };
}
