import type { Effects, RulesInForce } from '@integument/http';
import { PeopleController } from './features/people/people.controller.js';
import type { TestVault } from './vault.fixture.js';

/** The routes of people in a replica that knows these rules. */
export function peopleRoutes(vault: TestVault, rules: RulesInForce, effects: Effects): PeopleController {
  const { desk, people, unitOfWork } = vault;
  const [reveals, searches] = [vault.revealsOfReplica(rules), vault.searchesUnder(rules)];
  return new PeopleController(desk, people, reveals, searches, rules, unitOfWork, effects);
}
