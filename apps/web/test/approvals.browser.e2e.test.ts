import { randomBytes } from 'node:crypto';
import { platform } from '@integument/testing';
import type { Browser, Locator } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasChromium, launchChromium } from './chromium.fixture.js';
import { appoint } from './colleague.fixture.js';
import { aSubject } from './subject.fixture.js';
import { Tab } from './tab.fixture.js';

const info = platform();
const canRun = hasChromium('approvals between two browsers');

describe.runIf(canRun)('two members of staff, each in a browser', () => {
  let browser: Browser;
  let admin: Tab;
  let officer: Tab;
  const newcomer = `page-newcomer-${randomBytes(4).toString('hex')}`;
  beforeAll(async () => {
    browser = await launchChromium();
    ({ tab: admin } = await enter('admin'));
    ({ tab: officer } = await enter('privacy-officer'));
  });
  afterAll(async () => {
    await admin.close();
    await officer.close();
    await browser.close();
  });

  /** Somebody new with this role, signed in with a passkey, on the page of approvals. */
  async function enter(role: 'admin' | 'privacy-officer' | 'auditor'): Promise<{ tab: Tab; name: string }> {
    const { name } = await appoint(info, role);
    const tab = await Tab.open(browser);
    await tab.addPasskeyDevice();
    await tab.visit('/approvals.html');
    await tab.signIn(name);
    await tab.press('Add a passkey');
    await tab.press('I have kept them');
    await tab.sees(`Signed in as ${role}.`);
    return { tab, name };
  }

  /** Without a role it is asked that the account be staff no more. */
  async function askFor(subject: string, role: string | null, reference: string): Promise<void> {
    await admin.visit('/approvals.html');
    const way = await open(admin, 'Give an account roles, or none');
    await way.getByLabel('Account', { exact: true }).fill(subject);
    if (role) await way.getByLabel(role).check();
    await way.getByLabel('Case number').fill(reference);
    await way.getByRole('button', { name: 'Ask for it' }).click();
    await admin.sees('Asked for. Somebody else has to agree now.');
    await item(admin, reference).waitFor();
  }
  async function open(tab: Tab, title: string): Promise<Locator> {
    const way = tab.page.locator('#ask details', { hasText: title }).first();
    await way.locator('summary').first().click();
    return way;
  }
  async function agreeTo(reference: string): Promise<void> {
    await officer.visit('/approvals.html');
    await item(officer, reference).getByRole('button', { name: 'Agree' }).click();
    await officer.sees('You have agreed.');
    await item(officer, reference).waitFor({ state: 'detached' });
  }
  async function carryOut(tab: Tab, reference: string): Promise<void> {
    await tab.visit('/approvals.html');
    await item(tab, reference).getByRole('button', { name: 'Carry it out' }).click();
  }
  const isDone = async (tab: Tab, reference: string) => {
    await tab.sees('It is done.');
    await item(tab, reference).getByText('Carried out').waitFor();
  };
  const item = (tab: Tab, reference: string) =>
    tab.page.getByRole('listitem').filter({ hasText: `, ${reference}` });

  it('appoint a colleague: one asks, the other looks whose account it is and agrees, the first does it', async () => {
    await askFor(newcomer, 'Support', 'HR-21');
    await officer.page.reload();
    const waiting = item(officer, 'HR-21');
    await waiting.getByText('Check whose account it is').click();
    await waiting.getByLabel('Account', { exact: true }).fill('page-somebody-else');
    await waiting.getByRole('button', { name: 'Compare' }).click();
    await officer.sees('No, this is another account.');
    await waiting.getByLabel('Account', { exact: true }).fill(newcomer);
    await waiting.getByRole('button', { name: 'Compare' }).click();
    await officer.sees('Yes, this is the account.');
    await agreeTo('HR-21');
    await carryOut(admin, 'HR-21');
    await item(admin, 'HR-21').getByLabel('Account', { exact: true }).fill(newcomer);
    await admin.press('Appoint this account');
    await isDone(admin, 'HR-21');
  });

  it('and the colleague signs in with the role', async () => {
    const tab = await Tab.open(browser);
    await tab.visit('/');
    await tab.signIn(newcomer);
    await tab.sees('Signed in as staff: support.');
    await tab.page.getByRole('link', { name: 'To the pages for staff' }).click();
    await tab.sees('Add your second one now.');
    await tab.close();
  });

  it('disagree: the request is refused, and can’t be carried out', async () => {
    await askFor(newcomer, 'Auditor', 'HR-22');
    await officer.page.reload();
    const waiting = item(officer, 'HR-22');
    await waiting.locator('summary', { hasText: 'Refuse' }).click();
    await waiting.getByLabel('Why not').selectOption('not_now');
    await waiting.getByRole('button', { name: 'Refuse it' }).click();
    await officer.sees('You have refused.');
    await admin.page.reload();
    await item(admin, 'HR-22').getByText('Refused: Not now').waitFor();
  });

  it('change the roles of somebody who is staff, and dismiss them', async () => {
    for (const [role, reference] of [['Auditor', 'HR-23'] as const, [null, 'HR-24'] as const]) {
      await askFor(newcomer, role, reference);
      await agreeTo(reference);
      await carryOut(admin, reference);
      await isDone(admin, reference);
    }
    const tab = await Tab.open(browser);
    await tab.visit('/');
    await tab.signIn(newcomer);
    await tab.sees('The left half came from the vault');
    await tab.close();
  });

  it('take back what was asked for', async () => {
    await askFor(newcomer, null, 'HR-25');
    await item(admin, 'HR-25').getByRole('button', { name: 'Take back' }).click();
    await admin.sees('You have taken it back.');
    await item(admin, 'HR-25').getByText('Taken back').waitFor();
  });

  it('open whom an entry is about: in an emergency one goes alone, and the other reviews it', async () => {
    const subject = await aSubject(info);
    const { tab: auditor } = await enter('auditor');
    const way = await open(auditor, 'In an emergency, alone');
    await way.getByLabel('Subject of the entries').fill(subject);
    await way.getByLabel('Case number').fill('INC-26');
    await way.getByRole('button', { name: 'Do it without anybody’s agreement' }).click();
    await auditor.sees('Good for 15 minutes');
    await carryOut(auditor, 'INC-26');
    await auditor.sees('Shown this once:');
    expect(await auditor.page.locator('#outcome').textContent()).toContain(`Subject${subject}Kindperson`);

    await officer.visit('/approvals.html');
    const review = item(officer, 'INC-26');
    await review.getByLabel('What you found').selectOption('not_justified');
    await review.getByLabel('Case number').fill('REV-26');
    await review.getByRole('button', { name: 'Close the review' }).click();
    await officer.sees('The review is closed.');
    await auditor.close();
  });

  it('remove the last second factor, one’s own, and enrol another', async () => {
    const { tab: auditor, name } = await enter('auditor');
    const way = await open(auditor, 'Remove all second factors of an account');
    await way.getByLabel('Case number').fill('HR-27');
    await way.getByRole('button', { name: 'Ask for it' }).click();
    await auditor.sees('Asked for. Somebody else has to agree now.');
    await agreeTo('HR-27');
    await carryOut(auditor, 'HR-27');
    await auditor.sees('Sign in with your staff account.');
    await auditor.signIn(name);
    await auditor.press('Add a passkey');
    await auditor.sees('Your recovery codes');
    await auditor.close();
  });
});
