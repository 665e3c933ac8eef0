import { enrolment } from '@integument/contracts';
import { describe, expect, it } from 'vitest';
import { DEMO_PEOPLE } from './people.js';

describe('the demo people', () => {
  it('are what the contract takes, as they are', () => {
    for (const person of DEMO_PEOPLE) expect(enrolment.parse(person)).toEqual(person);
  });
});
