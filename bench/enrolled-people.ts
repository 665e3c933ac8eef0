import { enrolPeople } from '@integument/contracts';
import type { PlatformInfo } from '@integument/testing';
import { ask } from '../tools/outside/ask.js';
import { Client } from '../tools/outside/client.js';
import { CLIENT } from './made-tokens.js';
import { syntheticPeople } from './synthetic-people.js';

const BATCH = 1_000;

/** People whom the bench's client has a name for, a thousand for each batch. @returns the names */
export async function enrolledPeople(info: PlatformInfo, batches: number): Promise<string[]> {
  const client = new Client(info, CLIENT);
  const people: string[] = [];
  for (let n = 0; n < batches; n++) {
    const body = { people: syntheticPeople(BATCH) };
    const { results } = await ask(client, info.urls.vault, enrolPeople, { body });
    people.push(...results.flatMap((one) => ('person' in one ? [one.person] : [])));
  }
  return people;
}
