import { readRulesInForce, readRuleText } from '@integument/contracts';
import { Implements, Input, type InputOf } from '@integument/http';
import { Controller } from '@nestjs/common';
import { StoredRules } from './stored-rules.js';

/** From the database each time: what this process believes itself would make the API's lease longer than it says. */
@Controller()
export class InternalRulesController {
  constructor(private readonly rules: StoredRules) {}

  @Implements(readRulesInForce)
  inForce() {
    return this.rules.current();
  }

  @Implements(readRuleText)
  async text(@Input() { params }: InputOf<typeof readRuleText>) {
    return { text: await this.rules.text(params.version) };
  }
}
