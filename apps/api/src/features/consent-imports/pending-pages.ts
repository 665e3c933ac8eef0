import {
  type AnswerOf,
  type PendingImport,
  type PurposeName,
  pendingConsentImports,
} from '@integument/contracts';
import type { VaultClient } from '../../platform/vault-client.js';

type Answer = AnswerOf<typeof pendingConsentImports>;

/** What the vault waits for of one purpose, page by page: several ask in turn, and none gets a page that another one has. */
export class PendingPages {
  #last: PendingImport | undefined;
  #page: Promise<readonly PendingImport[]>;

  private constructor(
    private readonly vault: VaultClient,
    readonly purpose: PurposeName,
    first: Answer['imports'],
  ) {
    this.#last = first.at(-1);
    this.#page = Promise.resolve(first);
  }

  /** @returns null where nothing waits */
  static async open(vault: VaultClient): Promise<PendingPages | null> {
    const { purpose, imports } = await vault.call(pendingConsentImports, { body: {} });
    return purpose && new PendingPages(vault, purpose, imports);
  }

  /** @returns an empty page behind the last */
  next(): Promise<readonly PendingImport[]> {
    const page = this.#page;
    // Only when it is asked for: while one page is being opened the next one is on its way.
    this.#page = page.then(() => this.fetch());
    this.#page.catch(() => undefined);
    return page;
  }

  private async fetch(): Promise<readonly PendingImport[]> {
    if (!this.#last) return [];
    const body = { purpose: this.purpose, after: this.#last.gate };
    const { imports } = await this.vault.call(pendingConsentImports, { body });
    this.#last = imports.at(-1);
    return imports;
  }
}
