import { issueSignInCode, openSession } from '@integument/contracts';
import type { PlatformInfo } from '@integument/testing';
import { ask } from './ask.js';
import { hasPasskey, useSecondFactor } from './second-factor.js';
import type { Visitor } from './visitor.js';

const MOST_REDIRECTS = 12;

/**
 * As much of a browser as a sign-in needs: cookies of each host and path, redirects, one form. Requests carry the web
 * app's origin, as those of its page do.
 */
export class Browser implements Visitor {
  readonly #cookies = new Map<string, { host: string; path: string; name: string; value: string }>();
  /** whose second factor is at hand */
  #staff: string | undefined;
  #isSteppingUp = false;

  constructor(private readonly info: PlatformInfo) {}

  /**
   * Sends a request with the cookies that belong to it and keeps those that come back. Where an app asks staff for a fresh second
   * factor, it is used and the request sent again, as a page does.
   */
  async send(url: string, init: RequestInit = {}): Promise<Response> {
    const reply = await this.sendOnce(url, init);
    if (this.#staff === undefined || this.#isSteppingUp || !wantsStepUp(reply)) return reply;
    await reply.body?.cancel();
    await this.stepUp(url.startsWith(this.info.urls.api));
    return this.sendOnce(url, init);
  }

  private async sendOnce(url: string, init: RequestInit): Promise<Response> {
    const headers = new Headers(init.headers);
    headers.set('cookie', this.cookiesFor(new URL(url)));
    if (!headers.has('origin')) headers.set('origin', this.info.urls.web);
    const reply = await fetch(url, { ...init, headers, redirect: 'manual' });
    for (const line of reply.headers.getSetCookie()) this.keep(new URL(url), line);
    return reply;
  }

  /** Calls one of the apps with JSON in and out, as the page does. */
  async call<T>(method: string, url: string, body?: unknown): Promise<{ status: number; body: T }> {
    const json = body === undefined ? {} : { body: JSON.stringify(body) };
    const headers: Record<string, string> = body === undefined ? {} : { 'content-type': 'application/json' };
    const reply = await this.send(url, { method, headers, ...json });
    const text = await reply.text();
    return { status: reply.status, body: (text === '' ? undefined : JSON.parse(text)) as T };
  }

  /**
   * Signs somebody in at the vault through the provider's form.
   * @returns where the browser ends up: the page that it set out from
   */
  async signIn(name: string, password = this.info.demoPassword): Promise<string> {
    const page = await this.follow(await this.signInUntilCallback(name, password), this.info.urls.web);
    if (hasPasskey(this.info, name)) {
      await useSecondFactor(this, this.info, name);
      this.#staff = name;
    }
    return page;
  }

  /**
   * The same up to where the provider sends the browser back to the vault.
   * @param at another provider than the first: its id and issuer
   * @returns that address, not yet visited
   */
  async signInUntilCallback(
    name: string,
    password = this.info.demoPassword,
    at?: { readonly id: string; readonly issuer: string },
  ): Promise<string> {
    const { urls } = this.info;
    const { id, issuer } = at ?? { id: undefined, issuer: urls.issuer };
    const query = new URLSearchParams({
      return_to: `${urls.web}/`,
      ...(id !== undefined && { provider: id }),
    });
    const form = await this.follow(`${urls.vault}/v1/sign-in?${query.toString()}`, issuer);
    const body = new URLSearchParams({ name, password });
    const posted = await this.send(form, { method: 'POST', body, headers: { origin: issuer } });
    const next = posted.headers.get('location');
    if (!next) throw new Error(`the provider did not sign this name in: status ${posted.status}`);
    return this.followUntil(new URL(next, form).href, `${urls.vault}/v1/sign-in/callback`);
  }

  /** Carries the sign-in from the vault to the API, as the page does. @throws {Refused} */
  async openApiSession(): Promise<void> {
    const { urls } = this.info;
    const { code } = await ask(this, urls.vault, issueSignInCode);
    await ask(this, urls.api, openSession, { body: { code } });
  }

  private async stepUp(atApi: boolean): Promise<void> {
    this.#isSteppingUp = true;
    try {
      await useSecondFactor(this, this.info, this.#staff ?? '');
      // The API knows of it by a session that begins after it.
      if (atApi) await this.openApiSession();
    } finally {
      this.#isSteppingUp = false;
    }
  }

  /** A second browser with the same cookies, as if they had been stolen. */
  clone(): Browser {
    const copy = new Browser(this.info);
    for (const [key, cookie] of this.#cookies) copy.#cookies.set(key, cookie);
    return copy;
  }

  /** Follows redirects until a page of this origin answers by itself. */
  private async follow(from: string, origin: string): Promise<string> {
    let url = from;
    for (let hop = 0; hop < MOST_REDIRECTS; hop++) {
      const reply = await this.send(url);
      const next = reply.headers.get('location');
      await reply.body?.cancel();
      if (!next) {
        if (reply.ok && new URL(url).origin === origin) return url;
        throw new Error(`the way to ${origin} ended at ${new URL(url).pathname} with status ${reply.status}`);
      }
      url = new URL(next, url).href;
    }
    throw new Error(`the way to ${origin} has too many redirects`);
  }

  /** Follows redirects up to one to an address that begins so. */
  private async followUntil(from: string, address: string): Promise<string> {
    let url = from;
    for (let hop = 0; hop < MOST_REDIRECTS && !url.startsWith(address); hop++) {
      const reply = await this.send(url);
      await reply.body?.cancel();
      const next = reply.headers.get('location');
      if (!next) throw new Error(`the way to ${address} ended with status ${reply.status}`);
      url = new URL(next, url).href;
    }
    return url;
  }

  /** The `Cookie` header that a request to this address would have. */
  cookiesFor({ hostname, pathname }: URL): string {
    const sent = [...this.#cookies.values()].filter(
      ({ host, path }) => host === hostname && pathname.startsWith(path),
    );
    return sent.map(({ name, value }) => `${name}=${value}`).join('; ');
  }

  private keep(from: URL, line: string): void {
    const [pair = '', ...attributes] = line.split(';').map((part) => part.trim());
    const [name = '', ...value] = pair.split('=');
    const attribute = (key: string) =>
      attributes.find((text) => text.toLowerCase().startsWith(`${key}=`))?.slice(key.length + 1);
    const path = attribute('path') ?? '/';
    const key = `${from.hostname} ${path} ${name}`;
    const gone =
      attribute('max-age') === '0' || new Date(attribute('expires') ?? Number.MAX_SAFE_INTEGER) < new Date();
    if (gone) this.#cookies.delete(key);
    else this.#cookies.set(key, { host: from.hostname, path, name, value: value.join('=') });
  }
}

/** RFC 9470, section 3. */
function wantsStepUp({ status, headers }: Response): boolean {
  return status === 403 && /insufficient_user_authentication/.test(headers.get('www-authenticate') ?? '');
}

/** Signs somebody in and opens their session of the API: a browser in which the page has loaded. */
export async function signIn(info: PlatformInfo, name: string): Promise<Browser> {
  const browser = new Browser(info);
  await browser.signIn(name);
  await browser.openApiSession();
  return browser;
}
