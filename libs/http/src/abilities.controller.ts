import { Abilities, type Caller, ownAbilities, type OwnAbility as Told } from '@integument/authz';
import { type OwnAbility, type ReplyOf, readOwnAbilities } from '@integument/contracts';
import { Controller } from '@nestjs/common';
import { CurrentCaller } from './decorators.js';
import { Implements } from './implements.js';
import { RulesInForce } from './rules/rules-in-force.js';

@Controller()
export class AbilitiesController {
  constructor(
    private readonly abilities: Abilities,
    private readonly rules: RulesInForce,
  ) {}

  @Implements(readOwnAbilities)
  async readOwn(@CurrentCaller() caller: Caller): Promise<ReplyOf<typeof readOwnAbilities>> {
    const told = ownAbilities(this.abilities.abilityFor(caller));
    const narrowed = await this.narrowed(caller, told);
    // What a purpose may be is the contract's to say: any other text in a rule is a defect, and not sent.
    return { abilities: narrowed as OwnAbility[] };
  }

  /** That stored rules may say no is told, but not which. While they can't be known, of all that they could be about. */
  private async narrowed(caller: Caller, told: readonly Told[]): Promise<Told[]> {
    const concerned = await this.rules.concerned(caller);
    return told.map((ability) => (concerned(ability) ? { ...ability, partly: true } : ability));
  }
}
