import { randomUUID } from 'node:crypto';
import {
  acknowledgeNotice,
  closeSession,
  cohortHistogram,
  consentHistory,
  countCohort,
  countFaults,
  dayOf,
  giveConsent,
  importProducts,
  issueSignInCode,
  liftHold,
  listConsents,
  listFaults,
  listHolds,
  listOptOuts,
  listRecommendations,
  objectToPurpose,
  openSession,
  optOutOf,
  overdueOptOuts,
  type PurposeName,
  readCohortFacts,
  readImpactAssessment,
  readReadings,
  readRegister,
  recordEvents,
  recordHold,
  refuseConsent,
  reportFault,
  storeCohortFacts,
  storeReadings,
  withdrawConsent,
} from '@integument/contracts';
import { demoCatalogue } from '../../../demo-data/catalogue/index.js';
import { ask } from '../../../outside/ask.js';
import { cohort, countable, FACTS } from '../../../outside/cohort.js';
import { agreeTo, newcomer } from '../../../outside/newcomer.js';
import { noticeOf } from '../../../outside/notices.js';
import { stranger } from '../../../outside/visitor.js';
import { type Calls, type Cast, call } from './call.js';

const params = { purpose: 'ingest' } as const;

/** Routes of the API that read or change personal data. */
export const API_CALLS: Calls = {
  'sessions.open': async ({ info }) => {
    const { browser } = await newcomer(info);
    // A code is good once, so each attempt brings its own.
    return {
      within: 'platform',
      send: async () => {
        const { code } = await ask(browser, info.urls.vault, issueSignInCode);
        return call(stranger, info.urls.api, openSession, { body: { code } }).send();
      },
    };
  },
  'sessions.close': async ({ info }) => call((await newcomer(info)).browser, info.urls.api, closeSession),
  'consent.list': async ({ info }) => call((await newcomer(info)).browser, info.urls.api, listConsents),
  'consent.give': async ({ info }) => {
    const { browser } = await newcomer(info);
    return call(browser, info.urls.api, giveConsent, { params, body: { notice: noticeOf('ingest') } });
  },
  'consent.withdraw': async ({ info }) => {
    const { browser } = await newcomer(info);
    await agreeTo(info, browser, 'ingest');
    return call(browser, info.urls.api, withdrawConsent, { params });
  },
  'consent.refuse': async ({ info }) => {
    const { browser } = await newcomer(info);
    return call(browser, info.urls.api, refuseConsent, { params, body: { notice: noticeOf('ingest') } });
  },
  'consent.acknowledge': async ({ info }) => {
    const { browser } = await newcomer(info);
    const body = { notice: noticeOf('fault-finding') };
    return call(browser, info.urls.api, acknowledgeNotice, { params: { purpose: 'fault-finding' }, body });
  },
  'consent.object': async ({ info }) => {
    const { browser } = await newcomer(info);
    const asked = { params: { purpose: 'fault-finding' }, body: {} } as const;
    return call(browser, info.urls.api, objectToPurpose, asked);
  },
  'opt_outs.list': async ({ info }) => call((await newcomer(info)).browser, info.urls.api, listOptOuts),
  'opt_outs.make': async ({ info }) => {
    const { browser } = await newcomer(info);
    return call(browser, info.urls.api, optOutOf, { params: { kind: 'sale-or-sharing' }, body: {} });
  },
  'consent.history': async ({ info }) => {
    const { browser } = await newcomer(info);
    await agreeTo(info, browser, 'ingest');
    return call(browser, info.urls.api, consentHistory, { params });
  },
  'faults.report': async ({ info }) => {
    const { browser } = await newcomer(info);
    await agreeTo(info, browser, 'fault-finding');
    const body = { report: randomUUID(), part: 'sync', code: 'upload.timeout', version: '1.2' };
    return call(browser, info.urls.api, reportFault, { body });
  },
  'faults.list': async ({ info }) => {
    const { browser } = await newcomer(info);
    await agreeTo(info, browser, 'fault-finding');
    return call(browser, info.urls.api, listFaults);
  },
  'readings.store': async ({ info, app }) => {
    const body = { batch: randomUUID(), stream: 'heart-rate', readings: [[Date.now(), 60]] };
    return call(app, info.urls.api, storeReadings, { headers: await permit(info, 'ingest'), body });
  },
  'readings.read': async ({ info, app }) => {
    const headers = await permit(info, 'ingest');
    return call(app, info.urls.api, readReadings, { headers, query: { stream: 'heart-rate' } });
  },
  'events.record': async ({ info, app }) => {
    const headers = await permit(info, 'recommendation');
    const events = [{ kind: 'profile', event: randomUUID(), skinTypes: ['dry'], concerns: [] }];
    return call(app, info.urls.api, recordEvents, { headers, body: { events } });
  },
  'recommendations.list': async ({ info, app }) =>
    call(app, info.urls.api, listRecommendations, { headers: await permit(info, 'recommendation') }),
  'products.import': ({ info, app }) => {
    const products = demoCatalogue.slice(0, 2).map((product) => ({ ...product, id: `p-${randomUUID()}` }));
    return Promise.resolve(call(app, info.urls.api, importProducts, { body: { products } }));
  },
  'cohort_facts.store': async ({ info }) => {
    const browser = await countable(info);
    return call(browser, info.urls.api, storeCohortFacts, { body: FACTS });
  },
  'cohort_facts.read': async ({ info }) => call(await countable(info), info.urls.api, readCohortFacts),
  'register.read': ({ info, officer }) => Promise.resolve(call(officer, info.urls.api, readRegister)),
  'register.impact_assessment': ({ info, officer }) =>
    Promise.resolve(call(officer, info.urls.api, readImpactAssessment)),
  'opt_outs.overdue': ({ info, officer }) => Promise.resolve(call(officer, info.urls.api, overdueOptOuts)),
  'faults.count': ({ info, admin }) => Promise.resolve(call(admin, info.urls.api, countFaults)),
  'holds.record': async ({ info, officer }) => {
    const body = await toHold(info);
    return call(officer, info.urls.api, recordHold, { body });
  },
  'holds.list': ({ info, officer }) => Promise.resolve(call(officer, info.urls.api, listHolds)),
  'holds.lift': async ({ info, officer }) => {
    const { hold } = await ask(officer, info.urls.api, recordHold, { body: await toHold(info) });
    return call(officer, info.urls.api, liftHold, { params: { hold } });
  },
  'cohorts.count': async ({ info, officer }) => {
    await cohort(info);
    return call(officer, info.urls.api, countCohort, { body: { by: ['skinType'] } });
  },
  'cohorts.histogram': async ({ info, officer }) => {
    await cohort(info);
    return call(officer, info.urls.api, cohortHistogram, { body: { of: 'productsUsed' } });
  },
};

async function permit(info: Cast['info'], purpose: PurposeName): Promise<Record<string, string>> {
  const { browser } = await newcomer(info);
  return { 'integument-permit': await agreeTo(info, browser, purpose) };
}

async function toHold(info: Cast['info']) {
  const { browser } = await newcomer(info);
  const permit = await agreeTo(info, browser, 'ingest');
  const until = dayOf(Date.now());
  return { permit, ground: 'legal-claims', reference: 'CASE-9', until } as const;
}
