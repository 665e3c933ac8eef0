import type { RunningVault } from './running-vault.fixture.js';

/** What the vault answered, in short. */
export interface Finished {
  /** `303`, or the status and code of a refusal: `400 sign_in.refused` */
  readonly outcome: string;
  readonly text: string;
}

/** A browser as far as one vault goes: its cookies, and no redirect followed by itself. */
export class Tab {
  cookies = new Map<string, string>();

  constructor(private readonly vault: RunningVault) {}

  /** A browser whose cookies were copied just now. */
  copy(): Tab {
    const copy = new Tab(this.vault);
    copy.cookies = new Map(this.cookies);
    return copy;
  }

  /** @returns where the vault sends the browser, or its refusal */
  async begin(query = ''): Promise<{ outcome: string; url: string }> {
    const reply = await this.get(`${this.vault.url}/v1/sign-in${query}`);
    return { outcome: await outcomeOf(reply), url: reply.headers.get('location') ?? '' };
  }

  /** Begins at a provider, which signs in at once. @returns the address that it sends the browser back to */
  async beginAndComeBack(query = ''): Promise<string> {
    const { outcome, url } = await this.begin(query);
    if (outcome !== '303') throw new Error(`not begun: ${outcome}`);
    return comeBack(url);
  }

  async finish(callback: string): Promise<Finished> {
    const reply = await this.get(callback);
    const text = await reply.clone().text();
    return { outcome: await outcomeOf(reply), text };
  }

  async signIn(query = ''): Promise<string> {
    return (await this.finish(await this.beginAndComeBack(query))).outcome;
  }

  /** `person`, or the roles of a member of staff. */
  async whoAmI(): Promise<string> {
    const { kind, roles } = (await (await this.get(`${this.vault.url}/v1/session`)).json()) as {
      kind: string;
      roles: string[];
    };
    return kind === 'staff' ? roles.join() : kind;
  }

  /** The status of reading one's session: 401 once it has ended. */
  async read(): Promise<number> {
    return (await this.get(`${this.vault.url}/v1/session`)).status;
  }

  post(path: string): Promise<Response> {
    return this.get(`${this.vault.url}${path}`, { method: 'POST', headers: { origin: this.vault.url } });
  }

  private async get(
    url: string,
    init: { method?: string; headers?: Record<string, string> } = {},
  ): Promise<Response> {
    const cookie = [...this.cookies].map((pair) => pair.join('=')).join('; ');
    const reply = await fetch(url, { ...init, redirect: 'manual', headers: { ...init.headers, cookie } });
    for (const line of reply.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (value === '') this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
    return reply;
  }
}

/** Goes to a provider. @returns where it sends the browser back to */
export async function comeBack(url: string): Promise<string> {
  const reply = await fetch(url, { redirect: 'manual' });
  return reply.headers.get('location') ?? '';
}

async function outcomeOf(reply: Response): Promise<string> {
  if (reply.status < 400) return String(reply.status);
  return `${reply.status} ${((await reply.json()) as { code: string }).code}`;
}
