import { randomBytes } from 'node:crypto';
import { platform, secondProvider } from '@integument/testing';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasChromium, launchChromium } from './chromium.fixture.js';
import { Tab } from './tab.fixture.js';

/** As much of an element as the last story needs. */
interface MarkupTaker {
  insertAdjacentHTML(where: 'beforeend', html: string): void;
}

const canRun = hasChromium('a person on the first page');
const somebody = () => `page-person-${randomBytes(4).toString('hex')}`;

describe.runIf(canRun)('a person in a browser', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser.close());

  it('signs in, gives a consent and takes it back, and signs out of the provider, too', async () => {
    const tab = await Tab.open(browser);
    await tab.visit('/');
    await tab.sees('You are not signed in.');
    await tab.signIn(somebody());
    await tab.sees('The vault knows your account and nothing else about you.');
    const consent = tab.page.getByRole('listitem').filter({ hasText: 'Not allowed' }).first();
    const title = await consent.getByRole('heading').textContent();
    await tab.press(`Allow: ${title}`);
    await tab.page.getByRole('button', { name: `Take back: ${title}` }).click();
    await tab.sees(/^Taken back; erased on /);
    await tab.signOut();
    await tab.close();
  });

  it('does the same with the keyboard alone', async () => {
    const tab = await Tab.open(browser);
    const { keyboard } = tab.page;
    await tab.visit('/');
    await tab.sees('You are not signed in.');
    await tab.tabTo('Sign in');
    await keyboard.press('Enter');
    await tab.page.getByLabel('Name').waitFor();
    await keyboard.type(somebody());
    await tab.tabTo('Demo password');
    await keyboard.type(platform().demoPassword);
    await keyboard.press('Enter');
    await tab.sees('Not allowed');
    const title = await tab.page.locator('#consents h3').first().textContent();
    await tab.tabTo(`Allow: ${title}`);
    await keyboard.press('Enter');
    await tab.sees(/^Allowed until /);
    await keyboard.press('Space');
    await tab.sees(/^Taken back; erased on /);
    await tab.close();
  });

  it('chooses a provider where there are several', async () => {
    const tab = await Tab.open(browser);
    await tab.visit('/');
    await tab.page.getByRole('link', { name: 'Second', exact: true }).click();
    await tab.fillForm(somebody(), secondProvider().password);
    await tab.sees(/^Signed in\./);
    await tab.close();
  });

  it('ends a session elsewhere, and there is signed out', async () => {
    const [here, elsewhere] = [await Tab.open(browser), await Tab.open(browser)];
    const name = somebody();
    for (const tab of [elsewhere, here]) {
      await tab.visit('/');
      await tab.signIn(name);
      await tab.sees('This one');
    }
    await here.page.getByRole('button', { name: /^End: / }).click();
    await here.sees('Ended.');
    await elsewhere.page.reload();
    await elsewhere.sees('You are not signed in.');
    await here.close();
    await elsewhere.close();
  });

  it('is not served by what somebody has brought into the page: it does not run', async () => {
    const tab = await Tab.open(browser);
    await tab.visit('/');
    await tab.sees('You are not signed in.');
    const markup = '<img src="x" onerror="document.title = \'taken\'">';
    const injected = tab.page.locator('body').evaluate((body: MarkupTaker, html) => {
      body.insertAdjacentHTML('beforeend', html);
    }, markup);
    await expect(injected).rejects.toThrow(/TrustedHTML/);
    await expect.poll(() => tab.troubles.join()).toMatch(/stopped by the policy: require-trusted-types-for/);
    tab.troubles.length = 0;
    await tab.close();
  });
});
