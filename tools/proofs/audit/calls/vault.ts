import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  CLAIM_HEADER,
  endOtherSessions,
  endSession,
  enrolPeople,
  enrolPerson,
  erasePerson,
  eraseSelf,
  importConsents,
  issueSignInCode,
  listSessions,
  openCommitment,
  readConsentEvidence,
  readConsentImport,
  readErasure,
  readPerson,
  readSelf,
  reportBounces,
  revealPerson,
  searchPeople,
  signOut,
  updatePerson,
} from '@integument/contracts';
import { encodeId, randomId } from '@integument/crypto';
import { secondProvider } from '@integument/testing';
import { synthesise } from '../../../demo/canaries.js';
import { ask, exchange, request } from '../../../outside/ask.js';
import { Browser, signIn } from '../../../outside/browser.js';
import { findEntries } from '../../../outside/find-entries.js';
import { enrolSomebody } from '../../../outside/newcomer.js';
import { noticeOf } from '../../../outside/notices.js';
import { stranger } from '../../../outside/visitor.js';
import { agreed } from './approvals.js';
import { answer, type Calls, type Cast, call } from './call.js';

const reason = { code: 'customer-request', reference: 'CASE-1' } as const;
const legal = { code: 'legal', reference: 'CASE-2' } as const;

/** Routes of the vault's public listener that read or change personal data, or the log of it. */
export const VAULT_CALLS: Calls = {
  'people.enrol': ({ info, shop }) => {
    const [person] = synthesise(1);
    return Promise.resolve(call(shop, info.urls.vault, enrolPerson, { body: person?.enrolment }));
  },
  // One entry for each person: each is an effect of its own, and can be found by its own commitment.
  'people.enrol_batch': ({ info, shop }) => {
    const people = synthesise(3).map(({ enrolment }) => enrolment);
    const entries = people.map(() => 'people.enrol');
    return Promise.resolve(call(shop, info.urls.vault, enrolPeople, { body: { people } }, entries));
  },
  'people.search': async ({ info, shop }) => {
    const { person } = await enrolSomebody(info);
    const body = { field: 'email', value: person.enrolment.fields.email };
    return call(shop, info.urls.vault, searchPeople, { body });
  },
  'people.read': async ({ info, shop }) => call(shop, info.urls.vault, readPerson, await somebody(info)),
  'people.update': async ({ info, shop }) => {
    const body = { fields: { given_name: 'Renamed' } };
    return call(shop, info.urls.vault, updatePerson, { ...(await somebody(info)), body });
  },
  'people.reveal': async ({ info, shop }) => {
    const body = { fields: ['email'], purpose: 'delivery', reason };
    return call(shop, info.urls.vault, revealPerson, { ...(await somebody(info)), body });
  },
  'letters.report_bounces': ({ info, shop }) => {
    const letters = [`<${encodeId('ltr', randomId())}@integument.example>`];
    return Promise.resolve(
      call(shop, info.urls.vault, reportBounces, { body: { letters, kind: 'complaint' } }),
    );
  },
  'consent_imports.take': async ({ info, shop }) =>
    call(shop, info.urls.vault, importConsents, await consentOfBefore(info)),
  'consent_imports.read': async ({ info, shop }) => {
    const brought = await ask(shop, info.urls.vault, importConsents, await consentOfBefore(info));
    return call(shop, info.urls.vault, readConsentImport, { params: { import: brought.import } });
  },
  'consent_imports.read_evidence': async ({ info, officer }) => {
    const { person } = await enrolSomebody(info);
    const wanted = { field: 'email' as const, value: person.enrolment.fields.email ?? '' };
    const { people } = await ask(officer, info.urls.vault, searchPeople, { body: wanted });
    const params = { person: people[0]?.person ?? '' };
    const body = { purpose: 'ingest', reason: legal };
    return call(officer, info.urls.vault, readConsentEvidence, { params, body });
  },
  'people.erase': async ({ info, shop }) =>
    call(shop, info.urls.vault, erasePerson, { ...(await somebody(info)), body: { reason } }),
  'people.read_self': async ({ info }) => call(await signedIn(info), info.urls.vault, readSelf),
  'people.erase_self': async ({ info }) => call(await signedIn(info), info.urls.vault, eraseSelf),
  'erasure.read': async ({ info, shop }) => {
    const input = { ...(await somebody(info)), body: { reason } };
    const receipt = answer(erasePerson, await request(shop, info.urls.vault, erasePerson, input));
    const headers = { [CLAIM_HEADER]: receipt.claim };
    return call(stranger, info.urls.vault, readErasure, { params: { erasure: receipt.erasure }, headers });
  },
  // Somebody who has signed in before: at the first time they are enrolled, too.
  'sign_in.finish': async ({ info }) => {
    const { person } = await enrolSomebody(info);
    const browser = new Browser(info);
    let callback: string | undefined;
    return {
      // A code of the provider's is good once, so a failed attempt begins again there.
      send: async () => {
        callback = await browser.signInUntilCallback(person.subject);
        return exchange(browser, callback);
      },
    };
  },
  'sign_in.finish_at': async ({ info }) => {
    const at = secondProvider();
    const somebody = `second-${randomBytes(6).toString('hex')}`;
    // Enrolled by a first sign-in: no shop names accounts of this provider.
    const first = new Browser(info);
    await exchange(first, await first.signInUntilCallback(somebody, at.password, at));
    const browser = new Browser(info);
    return {
      send: async () => exchange(browser, await browser.signInUntilCallback(somebody, at.password, at)),
    };
  },
  'sign_in.issue_code': async ({ info }) => call(await signedIn(info), info.urls.vault, issueSignInCode),
  'sign_in.sign_out': async ({ info }) => call(await signedIn(info), info.urls.vault, signOut),
  'sign_in.sessions': async ({ info }) => call(await signedIn(info), info.urls.vault, listSessions),
  'sign_in.end_session': async ({ info }) => {
    const browser = await signedIn(info);
    const { sessions } = await ask(browser, info.urls.vault, listSessions);
    const session = sessions[0]?.session ?? '';
    return call(browser, info.urls.vault, endSession, { params: { session } });
  },
  'sign_in.end_other_sessions': async ({ info }) =>
    call(await signedIn(info), info.urls.vault, endOtherSessions),
  'evidence.open': async (cast) => {
    const subject = await knownSubject(cast);
    const asked = { operation: 'evidence.open', parameters: { subject }, reason: legal } as const;
    const body = { subject, ...(await agreed(cast.info, [cast.auditor, cast.officer], asked)) };
    return call(cast.auditor, cast.info.urls.vault, openCommitment, { body });
  },
};

async function consentOfBefore(info: Cast['info']) {
  const { name: person } = await enrolSomebody(info);
  const givenOn = new Date().toISOString().slice(0, 10);
  const evidence = { form: 'newsletter', version: 3 };
  return {
    body: { consents: [{ person, purpose: 'ingest', notice: noticeOf('ingest'), givenOn, evidence }] },
  };
}

async function somebody(info: Cast['info']): Promise<{ params: { person: string } }> {
  const { name } = await enrolSomebody(info);
  return { params: { person: name } };
}

async function signedIn(info: Cast['info']): Promise<Browser> {
  const { person } = await enrolSomebody(info);
  return signIn(info, person.subject);
}

/** The commitment to somebody who was just looked at. */
async function knownSubject({ info, shop, auditor }: Cast): Promise<string> {
  await request(shop, info.urls.vault, readPerson, await somebody(info));
  const me = await signedIn(info);
  await ask(me, info.urls.vault, readSelf);
  return subjectInLog(auditor, info.urls.vault);
}

/** A commitment of the log to somebody who is there: an auditor finds one by looking for it. */
async function subjectInLog(auditor: Browser, vault: string): Promise<string> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const [found] = await findEntries(auditor, vault, { action: 'people.enrol', outcome: 'done' });
    if (found?.entry.subject !== undefined) return found.entry.subject;
    await sleep(100);
  }
  throw new Error('nobody stands in the log');
}
