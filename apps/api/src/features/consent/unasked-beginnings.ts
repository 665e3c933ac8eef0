import type { PurposeName } from '@integument/contracts';
import type { Asker } from '@integument/http';
import type { ApiPerson } from '../../platform/callers.js';

type Listener = (asker: Asker<ApiPerson>, purpose: PurposeName) => Promise<void>;

/** Lets other features have their say before something begins for which the person themselves isn't asked. What one of them can't do keeps it from beginning. */
export class UnaskedBeginnings {
  readonly #listeners: Listener[] = [];

  heed(listener: Listener): void {
    this.#listeners.push(listener);
  }

  async tell(asker: Asker<ApiPerson>, purpose: PurposeName): Promise<void> {
    for (const listener of this.#listeners) await listener(asker, purpose);
  }
}
