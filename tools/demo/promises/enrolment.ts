import { isDeepStrictEqual } from 'node:util';
import { enrolPeople, revealPerson, searchPeople } from '@integument/contracts';
import { ask } from '../../outside/ask.js';
import type { SyntheticPerson } from '../canaries.js';
import { type Actor, PEOPLE, type Stage } from '../stage.js';
import { type DemoPromise, grouped, type Trial } from '../transcript.js';

const SAMPLED = 20;
const REASON = { code: 'order', reference: 'ORDER-1042' } as const;

export const enrolment: DemoPromise<Stage> = {
  title: `${grouped(PEOPLE)} people are enrolled, each with values that exist nowhere else`,
  async keep(stage, trial) {
    const names = await enrolEverybody(stage, trial);
    for (const [at, actor] of [stage.alma, stage.bo, stage.cleo].entries()) actor.shopName = names[at] ?? '';
    const wrong: string[] = [];
    for (let at = 0; at < PEOPLE; at += PEOPLE / SAMPLED) {
      const person = stage.people[at] as SyntheticPerson;
      const problem = await findAndReveal(stage, person, names[at] ?? '');
      if (problem) wrong.push(problem);
    }
    trial.check(
      `${SAMPLED} of them, found by email, phone and account: masked at first, revealed in full for an order`,
      wrong[0],
    );
  },
};

async function enrolEverybody(stage: Stage, trial: Trial): Promise<string[]> {
  const people = stage.people.map((person) => person.enrolment);
  const canaries = stage.people.flatMap((person) => person.canaries.map(({ value }) => value));
  trial.check(
    `${grouped(canaries.length)} values, all different`,
    new Set(canaries).size !== canaries.length && 'a value repeats',
  );
  const { enrolled, results } = await ask(stage.shop, stage.vault, enrolPeople, { body: { people } });
  const names = results.flatMap((result) => ('person' in result ? [result.person as string] : []));
  const distinct = new Set(names).size;
  trial.check(
    `${grouped(PEOPLE)} enrolled in one call, each under a pseudonym of its own`,
    (enrolled !== PEOPLE || distinct !== PEOPLE) && `${enrolled} were enrolled under ${distinct} pseudonyms`,
  );
  return names;
}

/** @returns what is wrong, if anything is */
async function findAndReveal(
  stage: Stage,
  person: SyntheticPerson,
  name: string,
): Promise<string | undefined> {
  const { fields } = person.enrolment;
  for (const field of ['email', 'phone', 'account_id'] as const) {
    const body = { field, value: fields[field] ?? '' };
    const { people } = await ask(stage.shop, stage.vault, searchPeople, { body });
    if (people.length !== 1 || people[0]?.person !== name) return `a search by ${field} found somebody else`;
    if (showsAny(JSON.stringify(people), person)) return 'a masked read shows a value in full';
  }
  const revealed = await ask(stage.shop, stage.vault, revealPerson, {
    params: { person: name },
    body: { fields: Object.keys(fields) as (keyof typeof fields)[], purpose: 'delivery', reason: REASON },
  });
  return isDeepStrictEqual(revealed.fields, fields)
    ? undefined
    : 'what was revealed is not what was enrolled';
}

function showsAny(text: string, person: SyntheticPerson): boolean {
  return person.canaries.some(({ value }) => text.toLowerCase().includes(value));
}

/** An actor's value of a field, as it was enrolled. */
export function emailOf({ person }: Actor): string {
  return person.enrolment.fields.email ?? '';
}
