import type { Asker, HttpRequest } from '@integument/http';
import type { ApiPerson } from '../../platform/callers.js';

type Listener = (asker: Asker<ApiPerson>, request: HttpRequest) => Promise<void>;

/** Lets other features have their say when a person has signed in, before the answer. What one of them can't do fails the sign-in. */
export class SessionBeginnings {
  readonly #listeners: Listener[] = [];

  heed(listener: Listener): void {
    this.#listeners.push(listener);
  }

  async tell(asker: Asker<ApiPerson>, request: HttpRequest): Promise<void> {
    for (const listener of this.#listeners) await listener(asker, request);
  }
}
