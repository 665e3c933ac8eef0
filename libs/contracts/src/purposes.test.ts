import { expect, it } from 'vitest';
import { PURPOSES, type Purpose } from './purposes.js';

const [ingest] = PURPOSES;
const faultFinding = PURPOSES[3];

it('with health data rests on explicit consent, or does not compile', () => {
  // @ts-expect-error another ground
  const onInterest: Purpose = { ...ingest, ground: 'legitimate-interest' };
  // @ts-expect-error no condition of Art. 9(2)
  const withoutCondition: Purpose = { ...ingest, article9: null };
  // @ts-expect-error health data among what is none
  const mixed: Purpose = { ...faultFinding, categories: ['app-faults', 'heart-rate'] };
  const ordinary: Purpose = { ...faultFinding, ground: 'consent' };
  expect([onInterest, withoutCondition, mixed, ordinary]).toHaveLength(4);
});

it('passes data on to a purpose that is declared, or does not compile', () => {
  const passesOn: Purpose = { ...faultFinding, flows: [{ to: 'analytics', categories: ['app-faults'] }] };
  // @ts-expect-error nobody declared it
  const astray: Purpose = { ...faultFinding, flows: [{ to: 'advertising', categories: ['app-faults'] }] };
  expect([passesOn, astray]).toHaveLength(2);
});
