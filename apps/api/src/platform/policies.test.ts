import { Abilities, person } from '@integument/authz';
import { PURPOSE_NAMES, type PurposeName } from '@integument/contracts';
import { describe, expect, it } from 'vitest';
import { apiPolicies } from './policies.js';

const abilities = new Abilities(apiPolicies);
const of = (guardian?: readonly PurposeName[]) =>
  abilities
    .abilityFor(
      person({
        id: 'anna',
        session: 's',
        ...(guardian && { guardian: true as const, content: { guardian: { purposes: guardian } } }),
      }),
    )
    .rules.map(({ action, subject }) => `${String(action)} ${String(subject)}`);

/** What is decided for a child, and looked at; what its data are it says itself. */
const FOR_A_CHILD = /^(read|continue|give|withdraw|refuse|acknowledge|object) /;

describe('who answers for a child', () => {
  it.each([...PURPOSE_NAMES.map((purpose) => [purpose]), PURPOSE_NAMES])(
    'in %s … reads and decides, and has nothing stored in its name',
    (...purposes) => {
      expect(of(purposes).filter((ability) => !FOR_A_CHILD.test(ability))).toEqual([]);
    },
  );

  it('reads what there is of it in these purposes, and in no other', () => {
    const readIn = (purpose: PurposeName) =>
      of([purpose]).filter((ability) => /^read (Reading|Recommendation|CohortFact|Fault)$/.test(ability));
    expect(PURPOSE_NAMES.map((purpose) => [purpose, ...readIn(purpose)]).sort()).toEqual([
      ['analytics', 'read CohortFact'],
      ['fault-finding', 'read Fault'],
      ['ingest', 'read Reading'],
      ['recommendation', 'read Recommendation'],
    ]);
  });

  it('could do more as themselves: the rule above is about something', () => {
    expect(of().filter((ability) => !FOR_A_CHILD.test(ability))).toEqual(
      expect.arrayContaining(['store Reading', 'record PreferenceEvent', 'store CohortFact', 'report Fault']),
    );
  });
});
