import { platform } from '@integument/testing';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasChromium, launchChromium } from './chromium.fixture.js';
import { AuthenticatorApp, age, appoint, type Colleague } from './colleague.fixture.js';
import { Tab } from './tab.fixture.js';

// One member of staff, from the first sign-in on: each step stands on those before it.

const info = platform();
const canRun = hasChromium('second factors on the page for staff');

describe.runIf(canRun)('a member of staff in a browser', () => {
  let browser: Browser;
  let me: Colleague;
  let tab: Tab;
  let app: AuthenticatorApp;
  let recoveryCodes: string[];
  beforeAll(async () => {
    browser = await launchChromium();
    me = await appoint(info, 'support');
    tab = await Tab.open(browser);
    await tab.addPasskeyDevice();
  });
  afterAll(async () => {
    await tab.close();
    await browser.close();
  });

  async function signInAgain(): Promise<void> {
    await tab.signOut();
    await tab.visit('/staff.html');
    await tab.signIn(me.name);
    await tab.sees('One step more: use your second factor.');
  }
  const isIn = () => tab.sees('Signed in as support.');

  it('is led to enrolling an authenticator app, by keyboard alone, and is given recovery codes once', async () => {
    await tab.visit('/staff.html');
    await tab.signIn(me.name);
    await tab.sees('Add your second one now.');
    const { keyboard } = tab.page;
    await tab.tabTo('Add an authenticator app');
    await keyboard.press('Enter');
    const secret = (await tab.page.getByLabel('Key', { exact: true }).textContent()) ?? '';
    app = new AuthenticatorApp(secret.replaceAll(' ', ''));
    expect(await tab.page.getByRole('link', { name: 'Open it on this device' }).getAttribute('href')).toMatch(
      /^otpauth:\/\/totp\//,
    );
    await tab.tabTo('Code of the authenticator app');
    await keyboard.type(app.next());
    await keyboard.press('Enter');
    await tab.sees('Your recovery codes');
    recoveryCodes = await tab.page.locator('.codes code').allTextContents();
    expect(recoveryCodes).toHaveLength(10);
    await tab.tabTo('I have kept them');
    await keyboard.press('Enter');
    await isIn();
    await tab.sees('10 recovery codes are left.');
    expect(await tab.page.content()).not.toContain(recoveryCodes[0]);
  });

  it('adds a passkey, and comes in with it', async () => {
    await tab.press('Add a passkey');
    await tab.page.getByRole('button', { name: /^Remove: Passkey/ }).waitFor();
    await signInAgain();
    await tab.press('Use a passkey');
    await isIn();
  });

  it('comes in with a code of the app, once; a wrong one is told of in a sentence', async () => {
    await signInAgain();
    const code = app.next();
    await tab.page.getByLabel('Code of the authenticator app').fill('000000');
    await tab.press('Use this code');
    await tab.page.getByRole('alert').filter({ hasText: 'This is not accepted.' }).waitFor();
    await tab.page.getByLabel('Code of the authenticator app').fill(code);
    await tab.press('Use this code');
    await isIn();
  });

  it('comes in with a recovery code', async () => {
    await signInAgain();
    await tab.page.getByText('Use a recovery code instead').click();
    await tab.page.getByLabel('Recovery code').fill(recoveryCodes[0] ?? '');
    await tab.press('Use this recovery code');
    await isIn();
    await tab.sees('9 recovery codes are left.');
  });

  it('is asked for a fresh factor where it takes one, and what was begun is done', async () => {
    await age(info, me, 'factor');
    await tab.page.getByRole('button', { name: /^Remove: Authenticator app/ }).click();
    await tab.sees('Use your second factor again');
    await tab.page.getByRole('dialog').getByRole('button', { name: 'Use a passkey' }).click();
    await tab.page.getByRole('button', { name: /^Remove: Authenticator app/ }).waitFor({ state: 'detached' });
    expect(await tab.page.getByRole('dialog').count()).toBe(0);
  });

  it('closes the question, and nothing is done', async () => {
    await age(info, me, 'factor');
    await tab.press('Make new recovery codes');
    await tab.sees('Use your second factor again');
    await tab.page.keyboard.press('Escape');
    await tab.page.getByRole('dialog').waitFor({ state: 'detached' });
    await tab.page.reload();
    await tab.sees('9 recovery codes are left.');
  });

  it('keeps the last factor', async () => {
    await tab.page.getByRole('button', { name: /^Remove: Passkey/ }).click();
    await tab.page.getByRole('dialog').getByRole('button', { name: 'Use a passkey' }).click();
    await tab.page.getByRole('alert').filter({ hasText: 'This is your last second factor.' }).waitFor();
  });

  it('signs in again to add one after five minutes, and comes back to it', async () => {
    await age(info, me, 'sign-in');
    await tab.press('Add an authenticator app');
    await tab.sees('Sign in again first. You come back here.');
    const asked = tab.page.waitForRequest((request) => request.url().includes('prompt=login'));
    await tab.signIn(me.name);
    await asked;
    await tab.press('Use a passkey');
    await isIn();
    expect(new URL(tab.page.url()).hash).toBe('#add');
    await tab.press('Add an authenticator app');
    await tab.page.getByLabel('Key', { exact: true }).waitFor();
  });
});
