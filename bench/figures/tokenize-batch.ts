import { makeTokens } from '@integument/contracts';
import { enrolledPeople } from '../enrolled-people.js';
import type { Figure } from '../figure.js';
import type { RawTokens } from '../limits/raw-tokens.js';
import { ShopLoad } from '../load/shop-load.js';
import { tokensFor } from '../made-tokens.js';
import { SideProcess } from '../side-process.js';
import { syntheticValues } from '../synthetic-values.js';
import { addPeople, refuseUnequalTokens, twinOfVaultDatabase } from '../vault-database.js';

const TOKENS = 1_000;
const CONCURRENT = 2;

/** Full batches, durable, encrypted, audited, against the same rows from arrays that only had to be sent. */
export const tokenizeBatch = batches({ name: 'tokenize.batch', target: 0.6, calls: 30, ofPeople: false });

/** The same where each value is another person's, and lies under that person's key. */
export const tokenizePeople = batches({ name: 'tokenize.people', target: 0.5, calls: 12, ofPeople: true });

interface Batches {
  readonly name: string;
  readonly target: number;
  /** in a round */
  readonly calls: number;
  readonly ofPeople: boolean;
}

function batches({ name, target, calls, ofPeople }: Batches): Figure {
  return {
    name,
    unit: 'tokens/s',
    target,
    higherIsBetter: true,
    rounds: 11,
    async open({ info }) {
      const { vault } = info.databases;
      const load = new ShopLoad(info);
      const raw = new SideProcess<RawTokens, { seconds: number }>('./limits/raw-tokens.js');
      const twin = await twinOfVaultDatabase(vault, `bench_${name.replace('.', '_')}`);
      const people = ofPeople ? await enrolledPeople(info, calls) : [];
      if (ofPeople) await addPeople(twin, calls * TOKENS);
      const batch = (at: number) =>
        syntheticValues(TOKENS).map((entry, n) => {
          const person = people[at * TOKENS + n];
          return { ...entry, ...(person && { person }) };
        });
      await tokensFor(info, batch(0));
      return {
        async figure() {
          const bodies = Array.from({ length: calls }, (_, at) => ({ values: batch(at) }));
          const posts = { route: makeTokens, bodies, connections: CONCURRENT, status: 200 };
          return (await load.onVault(posts)) * TOKENS;
        },
        async limit() {
          const work = { transactions: calls, tokens: TOKENS, concurrent: CONCURRENT, ofPeople };
          const { seconds } = await raw.ask({ insert: { database: twin, ...work } });
          return (calls * TOKENS) / seconds;
        },
        async close() {
          await Promise.all([load.end(), raw.end()]);
          await refuseUnequalTokens(vault.url, twin, ofPeople);
        },
      };
    },
  };
}
