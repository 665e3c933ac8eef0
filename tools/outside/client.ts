import type { PlatformInfo } from '@integument/testing';
import { type ClientName, clientToken } from './client-token.js';
import type { Visitor } from './visitor.js';

const TOKEN_USED_MS = 300_000;

/** One of the demo clients, with an access token that it fetches when it needs one. */
export class Client implements Visitor {
  #token: Promise<string> | undefined;
  #fetchedAt = 0;

  constructor(
    private readonly info: PlatformInfo,
    readonly name: ClientName,
  ) {}

  async send(url: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    headers.set('authorization', `Bearer ${await this.token()}`);
    return fetch(url, { ...init, headers, redirect: 'manual' });
  }

  private token(): Promise<string> {
    if (!this.#token || Date.now() - this.#fetchedAt > TOKEN_USED_MS) {
      this.#fetchedAt = Date.now();
      this.#token = clientToken(this.info, this.name);
    }
    return this.#token;
  }
}
