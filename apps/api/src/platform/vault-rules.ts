import { readRulesInForce, readRuleText } from '@integument/contracts';
import type { RuleSource } from '@integument/http';
import type { VaultClient } from './vault-client.js';

/** The stored rules as the vault has them: a number and a digest each time, the text only where they are others than before. */
export class VaultRules implements RuleSource {
  constructor(private readonly vault: VaultClient) {}

  current() {
    return this.vault.call(readRulesInForce, {});
  }

  async text(version: number): Promise<string> {
    return (await this.vault.call(readRuleText, { params: { version } })).text;
  }
}
