import type { CohortFacts } from '@integument/contracts';
import { context, open, seal } from '@integument/crypto';

/** All rows have one length, or how long a row is would say how many concerns somebody has. */
const LENGTH = 512;

export function sealFacts(key: Buffer, pseudonym: Buffer, facts: CohortFacts): Buffer {
  const text = Buffer.from(JSON.stringify(facts).padEnd(LENGTH));
  if (text.length !== LENGTH) throw new RangeError('facts that are longer than their row');
  return seal(key, text, factsPlace(pseudonym));
}

export function openFacts(key: Buffer, pseudonym: Buffer, sealed: Buffer): CohortFacts {
  return JSON.parse(open(key, sealed, factsPlace(pseudonym)).toString('utf8')) as CohortFacts;
}

function factsPlace(pseudonym: Buffer): Buffer {
  return context('cohort_facts', pseudonym, 'analytics');
}
