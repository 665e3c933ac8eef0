import {
  askToken,
  describeToken,
  makePersonTokens,
  makeToken,
  makeTokenStream,
  makeTokens,
  type RouteContract,
  removeTokens,
  revealToken,
  revealTokenStream,
  revealTokens,
} from '@integument/contracts';
import { ask, Exchange, type LooseInput, request } from '../../../outside/ask.js';
import { enrolSomebody } from '../../../outside/newcomer.js';
import type { Visitor } from '../../../outside/visitor.js';
import { type Call, type Calls, type Cast, call } from './call.js';

const reason = { code: 'customer-request', reference: 'CASE-1' } as const;
const forWhat = { purpose: 'delivery', reason } as const;
const value = { field: 'email', value: 'ada@example.org' };

/** Routes of tokens: each makes one, or tells what one stands for. */
export const TOKEN_CALLS: Calls = {
  'tokens.make': ({ info, shop }) => Promise.resolve(call(shop, info.urls.vault, makeToken, { body: value })),
  'tokens.make_batch': ({ info, shop }) =>
    Promise.resolve(call(shop, info.urls.vault, makeTokens, { body: { values: [value, value] } })),
  'tokens.make_stream': ({ info, shop }) =>
    Promise.resolve(lines(shop, info.urls.vault, makeTokenStream, { lines: [value, value] })),
  'tokens.make_for_person': async ({ info, shop }) => {
    const { name } = await enrolSomebody(info);
    const body = { fields: ['email'] };
    return call(shop, info.urls.vault, makePersonTokens, { params: { person: name }, body });
  },
  'tokens.reveal': async (cast) => {
    const body = { token: await tokenOf(cast), ...forWhat };
    return call(cast.shop, cast.info.urls.vault, revealToken, { body });
  },
  'tokens.reveal_batch': async (cast) => {
    const body = { tokens: [await tokenOf(cast)], ...forWhat };
    return call(cast.shop, cast.info.urls.vault, revealTokens, { body });
  },
  'tokens.reveal_stream': async (cast) => {
    const query = { purpose: forWhat.purpose, reason: reason.code, reference: reason.reference };
    const input = { query, lines: [await tokenOf(cast)] };
    return lines(cast.shop, cast.info.urls.vault, revealTokenStream, input);
  },
  'tokens.ask': async (cast) => {
    const question = { predicate: 'same-domain', domain: 'example.org' };
    const body = { token: await tokenOf(cast), question, ...forWhat };
    return call(cast.shop, cast.info.urls.vault, askToken, { body });
  },
  'tokens.describe': async (cast) =>
    call(cast.shop, cast.info.urls.vault, describeToken, { body: { token: await tokenOf(cast) } }),
  'tokens.remove': async (cast) =>
    call(cast.shop, cast.info.urls.vault, removeTokens, { body: { tokens: [await tokenOf(cast)] } }),
};

async function tokenOf({ info, shop }: Cast): Promise<string> {
  return (await ask(shop, info.urls.vault, makeToken, { body: value })).token;
}

/** A stream has its status before it has its lines: what fails then is cut off, or says so in a last line. */
function lines(visitor: Visitor, app: string, route: RouteContract, input: LooseInput): Call {
  const failed = new Exchange(503, new Headers(), '');
  return {
    send: async () => {
      const sent = await request(visitor, app, route, input).catch(() => failed);
      return sent.text.includes('"end":true') ? failed : sent;
    },
  };
}
