import { enrolPerson, giveConsent, type PurposeName } from '@integument/contracts';
import type { PlatformInfo } from '@integument/testing';
import { type SyntheticPerson, synthesise } from '../demo/canaries.js';
import { ask } from './ask.js';
import { type Browser, signIn } from './browser.js';
import { Client } from './client.js';
import { noticeOf } from './notices.js';

/** Somebody fresh for one story, so that stories on one platform don't meet. */
export interface Newcomer {
  readonly person: SyntheticPerson;
  /** as the shop knows them */
  readonly name: string;
  /** signed in at both apps */
  readonly browser: Browser;
}

/** Enrols somebody at the vault as the demo shop does. */
export async function enrolSomebody(info: PlatformInfo): Promise<Omit<Newcomer, 'browser'>> {
  const [person] = synthesise(1) as [SyntheticPerson];
  const shop = new Client(info, 'brand-shop');
  const { person: name } = await ask(shop, info.urls.vault, enrolPerson, { body: person.enrolment });
  return { person, name };
}

export async function newcomer(info: PlatformInfo): Promise<Newcomer> {
  const enrolled = await enrolSomebody(info);
  return { ...enrolled, browser: await signIn(info, enrolled.person.subject) };
}

/** @returns the permit's pseudonym, for the header of a health client */
export async function agreeTo(info: PlatformInfo, browser: Browser, purpose: PurposeName): Promise<string> {
  const input = { params: { purpose }, body: { notice: noticeOf(purpose) } };
  const { permit } = await ask(browser, info.urls.api, giveConsent, input);
  if (!permit) throw new Error('an agreement without a permit');
  return permit;
}
