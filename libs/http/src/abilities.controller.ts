import { Abilities, type Caller, ownAbilities } from '@integument/authz';
import { type OwnAbility, type ReplyOf, readOwnAbilities } from '@integument/contracts';
import { Controller } from '@nestjs/common';
import { CurrentCaller } from './decorators.js';
import { Implements } from './implements.js';

@Controller()
export class AbilitiesController {
  constructor(private readonly abilities: Abilities) {}

  @Implements(readOwnAbilities)
  readOwn(@CurrentCaller() caller: Caller): ReplyOf<typeof readOwnAbilities> {
    // What a purpose may be is the contract's to say: any other text in a rule is a defect, and not sent.
    return { abilities: ownAbilities(this.abilities.abilityFor(caller)) as OwnAbility[] };
  }
}
