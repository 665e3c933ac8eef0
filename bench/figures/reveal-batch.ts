import { revealTokens } from '@integument/contracts';
import { ask } from '../../tools/outside/ask.js';
import { Client } from '../../tools/outside/client.js';
import type { Figure } from '../figure.js';
import type { RawTokens } from '../limits/raw-tokens.js';
import { ShopLoad } from '../load/shop-load.js';
import { CLIENT, someTokens, storedToken, WISH } from '../made-tokens.js';
import { SideProcess } from '../side-process.js';

const CALLS = 30;
const TOKENS = 1_000;
const CONCURRENT = 2;

/** Full batches, decided, audited and opened, against a client that only reads the same rows of the same table. */
export const revealBatch: Figure = {
  name: 'reveal.batch',
  unit: 'tokens/s',
  target: 0.6,
  higherIsBetter: true,
  rounds: 11,
  async open({ info }) {
    const { vault } = info.databases;
    const load = new ShopLoad(info);
    const raw = new SideProcess<RawTokens, { seconds: number }>('./limits/raw-tokens.js');
    const tokens = await someTokens(info, CALLS * TOKENS);
    const batches = Array.from({ length: CALLS }, (_, at) => tokens.slice(at * TOKENS, (at + 1) * TOKENS));
    const told = await ask(new Client(info, CLIENT), info.urls.vault, revealTokens, {
      body: { tokens: batches[0] ?? [], ...WISH },
    });
    if (told.refused > 0) throw new Error(`the vault refuses ${told.refused} of ${TOKENS} tokens`);
    return {
      async figure() {
        const bodies = batches.map((some) => ({ tokens: some, ...WISH }));
        const posts = { route: revealTokens, bodies, connections: CONCURRENT, status: 200 };
        return (await load.onVault(posts)) * TOKENS;
      },
      async limit() {
        const work = { concurrent: CONCURRENT, tokens: batches.map((some) => some.map(storedToken)) };
        const { seconds } = await raw.ask({ select: { database: vault.url, ...work } });
        return (CALLS * TOKENS) / seconds;
      },
      async close() {
        await Promise.all([load.end(), raw.end()]);
      },
    };
  },
};
