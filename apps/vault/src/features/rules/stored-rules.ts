import type { UnitOfWork } from '@integument/database';
import type { RuleSource } from '@integument/http';
import type { RulesStore } from './rules.store.js';

/** The rules as the vault's own processes read them: a row by its key, twice a second at most. */
export class StoredRules implements RuleSource {
  constructor(
    private readonly store: RulesStore,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  async current(): Promise<{ version: number; digest: string }> {
    const { version, digest } = await this.unitOfWork.single((tx) => this.store.current(tx));
    return { version, digest: digest.toString('hex') };
  }

  async text(version: number): Promise<string> {
    const text = await this.unitOfWork.single((tx) => this.store.findEnactedText(tx, version));
    if (text === null) throw new Error('the version in force has no text');
    return text;
  }
}
