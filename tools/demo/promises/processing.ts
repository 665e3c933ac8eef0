import { randomInt, randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import {
  type Interaction,
  importProducts,
  listRecommendations,
  type Product,
  type Reading,
  readReadings,
  recordEvents,
  type StreamName,
  storeReadings,
} from '@integument/contracts';
import { demoCatalogue } from '../../demo-data/catalogue/index.js';
import { ask } from '../../outside/ask.js';
import type { Visitor } from '../../outside/visitor.js';
import { type Actor, permitOf, type Stage } from '../stage.js';
import { type DemoPromise, grouped, type Trial } from '../transcript.js';
import { wristbandSession } from '../wristband.js';

const BATCH = 10_000;
const LIST = 20;
const CANARY_READINGS = 60;

export const processing: DemoPromise<Stage> = {
  title: 'A wristband session is ingested and reads back equal; a list of products is recommended',
  async keep(stage, trial) {
    await ingestSession(stage, trial);
    await ingestCanaries(stage, trial);
    await recommend(stage, trial);
  },
};

async function ingestSession(stage: Stage, trial: Trial): Promise<void> {
  const { source, streams } = wristbandSession();
  const headers = { 'integument-permit': permitOf(stage.alma, 'ingest') };
  let batches = 0;
  for (const [stream, readings] of streams) batches += await store(stage, headers, stream, readings);
  const count = [...streams.values()].reduce((sum, { length }) => sum + length, 0);
  trial.check(
    `${source}: ${grouped(count)} readings of ${streams.size} streams in ${batches} batches, by the skin app`,
    count < 10_000 && 'that is too little to show anything',
  );
  const different: string[] = [];
  for (const [stream, readings] of streams) {
    const back = await readAll(stage.skinApp, stage.api, stream, headers);
    if (!isDeepStrictEqual(back, readings))
      different.push(`${stream} came back with ${back.length} readings`);
  }
  trial.check('read back page by page they are equal, to the last bit', different[0]);
}

/** @returns how many batches it took */
async function store(
  stage: Stage,
  headers: Record<string, string>,
  stream: StreamName,
  readings: readonly Reading[],
): Promise<number> {
  let batches = 0;
  for (let at = 0; at < readings.length; at += BATCH, batches++) {
    const some = readings.slice(at, at + BATCH);
    const body = { batch: randomUUID(), stream, readings: some };
    const { stored } = await ask(stage.skinApp, stage.api, storeReadings, { headers, body });
    if (stored !== some.length) throw new Error(`${stored} of ${some.length} readings were stored`);
  }
  return batches;
}

export async function readAll(
  visitor: Visitor,
  api: string,
  stream: StreamName,
  headers: Record<string, string>,
): Promise<Reading[]> {
  const all: Reading[] = [];
  let cursor: string | null = null;
  do {
    const query: Record<string, string | number> = { stream, limit: BATCH, ...(cursor && { cursor }) };
    const page: { readings: Reading[]; next: string | null } = await ask(visitor, api, readReadings, {
      headers,
      query,
    });
    all.push(...page.readings);
    cursor = page.next;
  } while (cursor !== null);
  return all;
}

/** Readings with values that no sensor ever had, to look for later; Bo has some too. */
async function ingestCanaries(stage: Stage, trial: Trial): Promise<void> {
  const stream = 'skin-hydration';
  let back = 0;
  for (const actor of [stage.alma, stage.bo]) {
    const headers = { 'integument-permit': permitOf(actor, 'ingest') };
    await store(stage, headers, stream, canaryReadings(stage));
    back += (await readAll(actor.browser, stage.api, stream, {})).length;
  }
  trial.check(
    `${CANARY_READINGS} readings of unmistakable values for each of two people, read back in their own sessions`,
    back !== 2 * CANARY_READINGS && `${back} came back`,
  );
}

function canaryReadings(stage: Stage): Reading[] {
  const begun = Date.now() - CANARY_READINGS * 1_000;
  return Array.from({ length: CANARY_READINGS }, (_, at): Reading => {
    const value = 10 + randomInt(2 ** 40) / 2 ** 36 + randomInt(2 ** 10) / 2 ** 48;
    stage.healthNumbers.push(value);
    stage.healthCanaries.push({ kind: 'reading', value: String(value) });
    return [begun + at * 1_000, value];
  });
}

async function recommend(stage: Stage, trial: Trial): Promise<void> {
  const products = demoCatalogue.map((product) => ({ ...product }));
  const { refused } = await ask(stage.skinApp, stage.api, importProducts, { body: { products } });
  trial.check(
    `${products.length} products of the demo catalogue are imported`,
    (refused > 0 || products.length === 0) && `${refused} products were refused`,
  );
  const ids = demoCatalogue.map(({ id }) => id);
  const touched = await tellInteractions(stage, stage.alma, ids);
  await tellInteractions(stage, stage.bo, ids);
  await tellInteractions(stage, stage.cleo, ids);
  const { items, personalised } = await ask(stage.alma.browser, stage.api, listRecommendations, {
    query: { limit: LIST },
  });
  const known = new Set(ids);
  const shown = items.map(({ product }: { product: Product }) => product.id as string);
  const again = shown.filter((id) => touched.has(id));
  const foreign = shown.filter((id) => !known.has(id));
  trial.check(
    `${shown.length} products are recommended to Alma, each with a reason, none of the ${touched.size} that she saw or hid`,
    (shown.length !== LIST && `${shown.length} were`) ||
      (new Set(shown).size !== LIST && 'one stands there twice') ||
      (!personalised && 'the list knows nothing of her') ||
      (again.length > 0 && `${again.length} of those were shown again`) ||
      (foreign.length === LIST && 'none is of the catalogue'),
  );
}

/** @returns the products that the person has dealt with */
async function tellInteractions(stage: Stage, actor: Actor, ids: readonly string[]): Promise<Set<string>> {
  const kinds: Interaction[] = ['viewed', 'viewed', 'liked', 'liked', 'saved', 'bought', 'hidden', 'hidden'];
  const start = randomInt(ids.length - kinds.length);
  const interactions = kinds.map((interaction, at) => ({
    kind: 'interaction' as const,
    event: randomUUID(),
    product: (ids[start + at] ?? '') as Product['id'],
    interaction,
  }));
  const profile = {
    kind: 'profile' as const,
    event: randomUUID(),
    skinTypes: ['dry' as const],
    concerns: ['redness' as const],
  };
  const events = [...interactions, profile];
  stage.healthCanaries.push(...events.map(({ event }) => ({ kind: 'event', value: event })));
  const { recorded } = await ask(actor.browser, stage.api, recordEvents, { body: { events } });
  if (recorded !== events.length) throw new Error(`${recorded} of ${events.length} events were recorded`);
  return new Set(interactions.map(({ product }) => product as string));
}
