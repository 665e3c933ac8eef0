import { platform } from '@integument/testing';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasChromium, launchChromium } from './chromium.fixture.js';
import { AuthenticatorApp, age, appoint } from './colleague.fixture.js';
import { Tab } from './tab.fixture.js';

const info = platform();
const PHONE = { viewport: { width: 360, height: 740 } };
const canRun = hasChromium('the pages on a phone');

describe.runIf(canRun)('on a phone, 360 pixels wide, nothing hangs over', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser.close());

  it('of the first page', async () => {
    const tab = await Tab.open(browser, PHONE);
    await tab.visit('/');
    await tab.sees('You are not signed in.');
    expect(await tab.overhang()).toBe(0);
    await tab.signIn('page-phone');
    await tab.sees('Not allowed');
    await tab.sees('This one');
    expect(await tab.overhang()).toBe(0);
    await tab.close();
  });

  it('of the pages for staff', async () => {
    const me = await appoint(info, 'admin', 'auditor');
    const tab = await Tab.open(browser, PHONE);
    const fits = async (text: string | RegExp) => {
      await tab.sees(text);
      expect(await tab.overhang()).toBe(0);
    };
    await tab.visit('/staff.html');
    await fits('Sign in with your staff account.');
    await tab.signIn(me.name);
    await fits('Add your second one now.');
    await tab.press('Add an authenticator app');
    await fits('In your authenticator app');
    const key = (await tab.page.getByLabel('Key', { exact: true }).textContent()) ?? '';
    await tab.page.getByLabel('Code of').fill(new AuthenticatorApp(key.replaceAll(' ', '')).next());
    await tab.press('Finish');
    await fits('Your recovery codes');
    await tab.press('I have kept them');
    await fits('10 recovery codes are left.');
    await age(info, me, 'factor');
    await tab.press('Make new recovery codes');
    await fits('Use your second factor again');
    await tab.press('Cancel');
    await tab.visit('/approvals.html');
    await tab.sees('Ask for something');
    for (const way of await tab.page.locator('#ask summary:visible').all()) await way.click();
    expect(await tab.page.getByLabel('Case number').count()).toBe(5);
    expect(await tab.overhang()).toBe(0);
    await tab.close();
  });
});
