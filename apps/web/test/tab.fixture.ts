import { platform } from '@integument/testing';
import type { Browser, BrowserContextOptions, CDPSession, Page } from 'playwright-core';
import { expect } from 'vitest';

/** What a browser says of each answer that is no success: those of a refusal are part of the stories. */
const REFUSAL = /^Failed to load resource: the server responded with a status of 4\d\d /;
const MOST_TABS = 60;

/**
 * Somebody's own browser with one tab. What goes wrong in a page is kept: an error, a failure, or something that the content security
 * policy had to stop.
 */
export class Tab {
  readonly troubles: string[] = [];

  private constructor(
    readonly page: Page,
    private readonly cdp: CDPSession,
  ) {}

  static async open(browser: Browser, options: BrowserContextOptions = {}): Promise<Tab> {
    const context = await browser.newContext({ locale: 'en-GB', ...options });
    const page = await context.newPage();
    page.setDefaultTimeout(15_000);
    const tab = new Tab(page, await context.newCDPSession(page));
    await tab.watch();
    return tab;
  }

  private async watch(): Promise<void> {
    this.cdp.on('Audits.issueAdded', ({ issue: { code, details } }) => {
      const violated = details.contentSecurityPolicyIssueDetails?.violatedDirective;
      if (code === 'ContentSecurityPolicyIssue') this.troubles.push(`stopped by the policy: ${violated}`);
    });
    await this.cdp.send('Audits.enable');
    this.page.on('pageerror', (error) => this.troubles.push(error.message));
    this.page.on('console', (message) => {
      const isBad = ['error', 'warning'].includes(message.type());
      if (isBad && !REFUSAL.test(message.text())) this.troubles.push(message.text());
    });
  }

  /** Opens a page of the web app. */
  async visit(path: string): Promise<void> {
    await this.page.goto(`${platform().urls.web}${path}`);
  }

  /** Through the provider's form, from a page that asks for it. */
  async signIn(name: string): Promise<void> {
    await this.link('Sign in').click();
    await this.fillForm(name, platform().demoPassword);
  }

  /** The tests' platform has two providers: the first is called as an operator who has set nothing calls it. */
  private link(name: string) {
    return this.page.getByRole('link', { name, exact: true });
  }

  async fillForm(name: string, password: string): Promise<void> {
    await this.page.getByLabel('Name').fill(name);
    await this.page.getByLabel('Demo password').fill(password);
    await this.page.getByRole('button', { name: 'Sign in' }).click();
  }

  /** Here and at the provider, which asks once more. */
  async signOut(): Promise<void> {
    await this.press('Sign out');
    await this.page.getByText('You are signed in at the demo identity provider.').waitFor();
    await this.press('Sign out');
    await this.sees('You are not signed in.');
  }

  async press(name: string): Promise<void> {
    await this.page.getByRole('button', { name, exact: true }).click();
  }

  async sees(text: string | RegExp): Promise<void> {
    await this.page.getByText(text).first().waitFor();
  }

  /** By how many pixels the page is wider than the window. */
  overhang(): Promise<number> {
    const root = this.page.locator('html');
    return root.evaluate(
      (html: { scrollWidth: number; clientWidth: number }) => html.scrollWidth - html.clientWidth,
    );
  }

  /** Goes on with the keyboard alone until something of this name has the focus. */
  async tabTo(name: string): Promise<void> {
    for (let tabs = 0; tabs < MOST_TABS; tabs++) {
      await this.page.keyboard.press('Tab');
      if ((await this.focused()).includes(` "${name}"`)) return;
    }
    throw new Error(`the keyboard does not lead to: ${name}`);
  }

  /** Role and name, as a screen reader has them. */
  private async focused(): Promise<string> {
    const focused = this.page.locator(':focus');
    return (await focused.count()) === 0 ? '' : focused.ariaSnapshot();
  }

  /** A device that makes passkeys, and knows its user by finger or face. */
  async addPasskeyDevice(): Promise<void> {
    await this.cdp.send('WebAuthn.enable');
    const options = {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    } as const;
    await this.cdp.send('WebAuthn.addVirtualAuthenticator', { options });
  }

  async close(): Promise<void> {
    await this.page.context().close();
    expect(this.troubles).toEqual([]);
  }
}
