import { setTimeout as sleep } from 'node:timers/promises';
import { importProducts } from '@integument/contracts';
import type { ChildName, PlatformInfo, SeededRandom } from '@integument/testing';
import { ask } from '../../outside/ask.js';
import { Client } from '../../outside/client.js';
import type { Platform } from '../../run/platform.js';
import { type Actor, Load } from './actor.js';
import { Device } from './device.js';
import { Leaver } from './leaver.js';
import { Ledger } from './ledger.js';
import { Shop } from './shop.js';
import { SubjectActor } from './subject-actor.js';

/** Everything that holds or makes data. Each is killed once in a round, in an order that the seed decides. */
export const TARGETS = ['vault', 'api', 'worker', 'vault-postgres', 'platform-postgres'] as const;

const RECOVERED_WITHIN_MS = 40_000;

/** Kills every target once under load, each at a random moment and only after the last one's recovery. */
export async function killRound(platform: Platform, random: SeededRandom, round: number): Promise<Ledger> {
  const ledger = new Ledger();
  const products = await catalogue(platform.info);
  const actors = actorsOf(platform.info, ledger, random, round, products);
  const load = new Load(actors);
  load.start();
  try {
    await everybodyHeard(ledger, actors, 0);
    for (const target of random.shuffle(TARGETS)) await kill(platform, ledger, actors, target, random);
  } finally {
    await load.stop();
  }
  return ledger;
}

async function kill(
  platform: Platform,
  ledger: Ledger,
  actors: readonly Actor[],
  target: ChildName,
  random: SeededRandom,
): Promise<void> {
  await sleep(100 + random.below(900));
  await platform.child(target).kill9();
  const killed = performance.now();
  await platform.waitReady(target);
  await everybodyHeard(ledger, actors, killed).catch((error: unknown) => {
    throw new Error(`after the kill of ${target}: ${(error as Error).message}`);
  });
}

/** Recovered is who serves everybody again. A device has nothing to send while its person has withdrawn. */
async function everybodyHeard(ledger: Ledger, actors: readonly Actor[], since: number): Promise<void> {
  const deadline = performance.now() + RECOVERED_WITHIN_MS;
  const waiting = () =>
    actors.filter((actor) => !(actor instanceof Device) && (ledger.heard.get(actor.name) ?? -1) < since);
  while (waiting().length > 0) {
    if (performance.now() > deadline)
      throw new Error(
        `no success any more: ${waiting()
          .map(({ name }) => name)
          .join(', ')}`,
      );
    await sleep(50);
  }
}

function actorsOf(
  info: PlatformInfo,
  ledger: Ledger,
  random: SeededRandom,
  round: number,
  products: readonly string[],
): Actor[] {
  const shop = new Client(info, 'brand-shop');
  const app = new Client(info, 'skin-app');
  const names = (kind: string, count: number) =>
    Array.from({ length: count }, (_, at) => `${kind}-${round}-${at}`);
  const subjects = names('subject', 4).map((name) => new SubjectActor(name, info, ledger, random, products));
  return [
    ...names('shop', 2).map((name) => new Shop(name, info, shop, ledger, random)),
    ...subjects,
    ...subjects.map((person) => new Device(`device-of-${person.name}`, info, app, ledger, person)),
    ...names('leaver', 1).map((name) => new Leaver(name, info, shop, ledger)),
  ];
}

/** Something to like, so that the recommender has a model to learn and to forget. */
export async function catalogue(info: PlatformInfo): Promise<string[]> {
  const ids = Array.from({ length: 12 }, (_, at) => `kill-cream-${at}`);
  const products = ids.map((id) => ({
    id,
    brand: 'Kill',
    name: id,
    category: 'moisturiser',
    price: { cents: 100, currency: 'EUR' },
    ingredients: ['Aqua'],
    concerns: [],
    skinTypes: [],
  }));
  await ask(new Client(info, 'skin-app'), info.urls.api, importProducts, { body: { products } });
  return ids;
}
