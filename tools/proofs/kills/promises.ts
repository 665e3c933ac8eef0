import {
  giveConsent,
  listConsents,
  type PurposeName,
  type Reading,
  readErasure,
  readReadings,
  recordEvents,
  searchPeople,
} from '@integument/contracts';
import type { PlatformInfo } from '@integument/testing';
import { ask } from '../../outside/ask.js';
import { type Browser, signIn } from '../../outside/browser.js';
import { Client } from '../../outside/client.js';
import { noticeOf } from '../../outside/notices.js';
import { stranger } from '../../outside/visitor.js';
import type { Batch, Consent, Ledger, Subject } from './ledger.js';

// Each function asks the running platform whether it stands by what it answered, and names what is broken.

/** Everybody who was enrolled is found once, under their name; nobody is there twice. */
export async function missingPeople(info: PlatformInfo, ledger: Ledger): Promise<string[]> {
  const shop = new Client(info, 'brand-shop');
  const find = async (email: string) => {
    const { people } = await ask(shop, info.urls.vault, searchPeople, {
      body: { field: 'email', value: email },
    });
    return people.map(({ person }) => person as string);
  };
  const known = await inTurns(ledger.people, async ({ email, person }) => {
    const found = await find(email);
    return found.length === 1 && found[0] === person ? [] : [`${email}: found ${found.length} times`];
  });
  const unsure = await inTurns(ledger.unsurePeople, async (email) => {
    const found = await find(email);
    return found.length <= 1 ? [] : [`${email}, never answered: found ${found.length} times`];
  });
  return [...known, ...unsure];
}

/** Each consent is as it was last answered; the unanswered ones are as one of their possible answers. */
export async function wrongConsents(info: PlatformInfo, ledger: Ledger): Promise<string[]> {
  return inTurns(ledger.subjects, async (subject) => {
    const browser = await signIn(info, subject.name);
    const { consents } = await ask(browser, info.urls.api, listConsents);
    return consents.flatMap(({ purpose, state }) => {
      const allowed = subject.consents.get(purpose);
      if (!allowed || allowed.has(state as Consent)) return [];
      return [`${subject.name}, ${purpose}: ${state} instead of ${[...allowed].join(' or ')}`];
    });
  });
}

/** Consent can be given again, and then everything that was acknowledged is there, once and whole. */
export async function lostData(info: PlatformInfo, ledger: Ledger): Promise<string[]> {
  return inTurns(ledger.subjects, async (subject) => {
    const browser = await signIn(info, subject.name);
    for (const purpose of ['ingest', 'recommendation'] as const) await renew(info, browser, purpose);
    return [
      ...readingsAmiss(subject, await readAll(info, browser)),
      ...(await eventsLost(info, browser, subject)),
    ];
  });
}

async function renew(info: PlatformInfo, browser: Browser, purpose: PurposeName): Promise<void> {
  const given = await ask(browser, info.urls.api, giveConsent, {
    params: { purpose },
    body: { notice: noticeOf(purpose) },
  });
  if (given.state !== 'open') throw new Error(`a renewed consent is ${given.state}`);
}

async function readAll(info: PlatformInfo, browser: Browser): Promise<Reading[]> {
  const all: Reading[] = [];
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const query = { stream: 'skin-temperature', limit: 10_000, ...(cursor !== undefined && { cursor }) };
    const page = await ask(browser, info.urls.api, readReadings, { query });
    all.push(...page.readings);
    cursor = page.next;
  }
  return all;
}

/** Times are unique to a batch, so they tell which is there. */
function readingsAmiss(subject: Subject, readings: readonly Reading[]): string[] {
  const counts = new Map<string, number>();
  for (const reading of readings) counts.set(String(reading), (counts.get(String(reading)) ?? 0) + 1);
  const present = (batch: Batch) =>
    batch.readings.filter((reading) => counts.get(String(reading)) === 1).length;
  const lost = subject.stored.filter((batch) => present(batch) !== batch.readings.length);
  const refused = subject.refused.filter((batch) => present(batch) > 0);
  const halved = subject.unsure.filter((batch) => ![0, batch.readings.length].includes(present(batch)));
  const expected = [...subject.stored, ...subject.unsure].reduce((sum, batch) => sum + present(batch), 0);
  return [
    ...lost.map(
      (batch) => `${subject.name}: ${present(batch)} of ${batch.readings.length} acknowledged readings`,
    ),
    ...refused.map((batch) => `${subject.name}: ${present(batch)} readings of a refused batch`),
    ...halved.map((batch) => `${subject.name}: ${present(batch)} readings of an unanswered batch`),
    ...(expected === readings.length
      ? []
      : [`${subject.name}: ${readings.length - expected} readings too many`]),
  ];
}

/** An event that is there counts as a duplicate when it is told again. */
async function eventsLost(info: PlatformInfo, browser: Browser, subject: Subject): Promise<string[]> {
  if (subject.events.length === 0) return [];
  const body = { events: subject.events as never };
  const { recorded } = await ask(browser, info.urls.api, recordEvents, { body });
  return recorded === 0 ? [] : [`${subject.name}: ${recorded} acknowledged events were lost`];
}

/** Everybody whose erasure was acknowledged is erased, by the evidence and by search. */
export async function unfinishedErasures(info: PlatformInfo, ledger: Ledger): Promise<string[]> {
  const shop = new Client(info, 'brand-shop');
  return inTurns(ledger.erasures, async ({ email, erasure, claim }) => {
    const { state } = await ask(stranger, info.urls.vault, readErasure, {
      params: { erasure: erasure },
      headers: { 'integument-claim': claim },
    });
    const body = { field: 'email', value: email } as const;
    const { people } = await ask(shop, info.urls.vault, searchPeople, { body });
    return state === 'completed' && people.length === 0
      ? []
      : [`${email}: ${state}, found ${people.length} times`];
  });
}

const AT_ONCE = 8;

/** Looks at each item, a few at a time. */
async function inTurns<T>(items: readonly T[], look: (item: T) => Promise<string[]>): Promise<string[]> {
  const found: string[] = [];
  const rest = [...items];
  const worker = async () => {
    for (let item = rest.pop(); item !== undefined; item = rest.pop()) found.push(...(await look(item)));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return found;
}
