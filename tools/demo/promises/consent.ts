import { currentNotices, giveConsent, listConsents, noop } from '@integument/contracts';
import { decodeId } from '@integument/crypto';
import { ask, request } from '../../outside/ask.js';
import { requestToken } from '../../outside/client-token.js';
import { stranger } from '../../outside/visitor.js';
import { type Actor, permitOf, type Stage } from '../stage.js';
import type { DemoPromise, Trial } from '../transcript.js';

const PURPOSES = ['ingest', 'recommendation'] as const;
const BITS = 128;
/** Of 128 fair coins fewer than 24 or more than 104 fall alike once in 10¹² throws. */
const FEWEST = 24;

export const consent: DemoPromise<Stage> = {
  title: 'One of them consents to ingest and recommendation; the two pseudonyms are unrelated',
  async keep(stage, trial) {
    const { alma, bo, cleo } = stage;
    for (const actor of [alma, bo, cleo]) await signInAndAgree(stage, actor);
    const { consents } = await ask(alma.browser, stage.api, listConsents);
    const open = consents.filter(({ state }) => state === 'open').map(({ purpose }) => purpose);
    trial.check(
      'Alma signed in, agreed to ingest and recommendation, and to nothing else',
      open.join() !== PURPOSES.join() && `open are: ${open.join(', ')}`,
    );
    comparePseudonyms([alma, bo, cleo], trial);
    keepApart(stage, trial);
    await oneSideForEachClient(stage, trial);
  },
};

async function signInAndAgree(stage: Stage, actor: Actor): Promise<void> {
  await stage.signIn(actor);
  for (const purpose of PURPOSES) await agree(stage, actor, purpose);
}

/** Agrees to what the purpose's notice says. @returns the permit's pseudonym */
export async function agree(stage: Stage, actor: Actor, purpose: (typeof PURPOSES)[number]): Promise<string> {
  const { notices } = await ask(stranger, stage.api, currentNotices, { params: { purpose } });
  const notice = notices.find(({ language }) => language === 'en')?.hash;
  if (!notice) throw new Error(`${purpose} has no notice to agree to`);
  const { permit } = await ask(actor.browser, stage.api, giveConsent, {
    params: { purpose },
    body: { notice },
  });
  if (!permit) throw new Error(`${purpose} was agreed to, but there is no permit`);
  actor.permits[purpose] = permit;
  return permit;
}

/** Random numbers differ in about half of their bits, and no step leads from one to the other for everybody alike. */
function comparePseudonyms(actors: readonly Actor[], trial: Trial): void {
  const pairs = actors.map((actor) => PURPOSES.map((purpose) => decodeId('psn', permitOf(actor, purpose))));
  const all = pairs.flat();
  const distances = all.flatMap((one, at) => all.slice(at + 1).map((other) => distance(one, other)));
  const odd = distances.filter((bits) => bits < FEWEST || bits > BITS - FEWEST);
  const [ingest, recommendation] = pairs[0] as [Buffer, Buffer];
  trial.check(
    `they differ in ${distance(ingest, recommendation)} of ${BITS} bits, as random numbers do; so do all of three people`,
    odd.length > 0 && `two pseudonyms differ in ${odd[0]} bits`,
  );
  const steps = pairs.map(([one = ingest, other = ingest]) => xor(one, other).toString('hex'));
  trial.check(
    "knowing one person's pair says nothing about another's",
    new Set(steps).size !== steps.length && 'the same step leads from one purpose to the other',
  );
}

function keepApart(stage: Stage, trial: Trial): void {
  const { alma } = stage;
  const permits = PURPOSES.map((purpose) => permitOf(alma, purpose));
  const bodies = permits.map((permit) => decodeId('psn', permit).toString('hex'));
  const vaultTold = stage.tape.count('vault', [...permits, ...bodies]);
  const apiTold = stage.tape.count('api', [alma.shopName, ...alma.person.canaries.map(({ value }) => value)]);
  const [vault, api] = [stage.tape.answers('vault').length, stage.tape.answers('api').length];
  trial.check(
    `none of the vault's ${vault} answers names them, none of the API's ${api} says who she is`,
    (vaultTold > 0 || apiTold > 0) && `${vaultTold} answers of the vault do, ${apiTold} of the API`,
  );
}

/** The provider gives no token for the other side, and the other side takes none of this one. */
async function oneSideForEachClient(stage: Stage, trial: Trial): Promise<void> {
  const { info } = stage;
  const tokens = await Promise.all([
    requestToken(info, 'brand-shop', 'urn:integument:api'),
    requestToken(info, 'skin-app', 'urn:integument:vault'),
  ]);
  const calls = await Promise.all([
    request(stage.shop, stage.vault, noop),
    request(stage.skinApp, stage.api, noop),
    request(stage.shop, stage.api, noop),
    request(stage.skinApp, stage.vault, noop),
  ]);
  const statuses = [...tokens, ...calls].map(({ status }) => status).join();
  trial.check(
    'the shop gets in at the vault only, the skin app at the API only; neither gets a token for the other side',
    statuses !== '400,400,200,200,403,403' && `the answers were ${statuses}`,
  );
}

function distance(one: Buffer, other: Buffer): number {
  const bits = [...xor(one, other)].map((byte) => byte.toString(2).replaceAll('0', '').length);
  return bits.reduce((sum, count) => sum + count, 0);
}

function xor(one: Buffer, other: Buffer): Buffer {
  return Buffer.from(one.map((byte, at) => byte ^ (other[at] ?? 0)));
}
