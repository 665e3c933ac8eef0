import { randomUUID } from 'node:crypto';
import {
  eraseSelf,
  listConsents,
  readErasure,
  readPerson,
  readReadings,
  readSelf,
  searchPeople,
  storeReadings,
} from '@integument/contracts';
import { unpackReadings } from '../../../apps/api/src/features/ingest/chunk-codec.js';
import { ask, request } from '../../outside/ask.js';
import { signIn } from '../../outside/browser.js';
import { stranger } from '../../outside/visitor.js';
import { verifyFetched } from '../audit-export.js';
import { KeyHolder } from '../key-holder.js';
import { copyPlatform, type PlatformCopy, type Sealed, tryOpen } from '../platform-copy.js';
import { type Actor, permitOf, type Stage } from '../stage.js';
import { type DemoPromise, grouped, type Trial } from '../transcript.js';

const PURPOSES = ['ingest', 'recommendation'] as const;
const PATIENCE_MS = 30_000;

export const erasure: DemoPromise<Stage> = {
  title: 'Erased, a person is gone, and no key opens what was copied before; the logs still verify',
  async keep(stage, trial) {
    const keys = new KeyHolder(stage.apiProcess, stage.info);
    const copy = await copyWithModel(stage, keys);
    const almas = PURPOSES.flatMap((purpose) => copy.sealed.get(permitOf(stage.alma, purpose)) ?? []);
    await openBefore(stage, keys, copy, trial);
    await erase(stage, trial);
    await isGone(stage, trial);
    await openAfter(stage, keys, copy, almas, trial);
    await comesBackAsNobody(stage, trial);
    for (const app of ['vault', 'api'] as const) await logVerifies(stage, app, trial);
  },
};

/**
 * A copy with the model of now. One is trained every few seconds while there is something new, so the first copy may have
 * none yet, or one that was replaced the moment after.
 */
async function copyWithModel(stage: Stage, keys: KeyHolder): Promise<PlatformCopy> {
  const until = Date.now() + PATIENCE_MS;
  for (;;) {
    const copy = await copyPlatform(stage.info.databases.platform);
    const [model] = copy.models;
    if ((model && (await keys.modelHalf(model.modelKey))) || Date.now() > until) return copy;
    await pause(250);
  }
}

/** Shows that the way of opening is right: it opens everything now. */
async function openBefore(stage: Stage, keys: KeyHolder, copy: PlatformCopy, trial: Trial): Promise<void> {
  let models = 0;
  for (const { modelKey, sealed } of copy.models) {
    const half = await keys.modelHalf(modelKey);
    if (half && tryOpen(keys.modelKey(half), sealed)) models++;
  }
  trial.check(
    'before: the recommendation model in a copy of the platform database opens',
    (copy.models.length !== 1 || models !== 1) && `${models} of ${copy.models.length} models do`,
  );
  for (const actor of [stage.alma, stage.bo]) {
    const { opened, sealed, readings } = await openAll(keys, copy, actor);
    trial.check(
      `before: so do ${nameOf(stage, actor)}'s ${sealed} sealed rows, ${grouped(readings)} readings among them`,
      (sealed === 0 && 'there is none') || (opened !== sealed && `only ${opened} do`),
    );
  }
}

async function openAll(
  keys: KeyHolder,
  copy: PlatformCopy,
  actor: Actor,
): Promise<{ opened: number; sealed: number; readings: number }> {
  const counts = { opened: 0, sealed: 0, readings: 0 };
  for (const purpose of PURPOSES) {
    const pseudonym = permitOf(actor, purpose);
    const gate = copy.gates.find((row) => row.pseudonym === pseudonym)?.gate ?? '';
    const half = (await keys.permitHalves([gate], 'process')).get(gate);
    for (const sealed of copy.sealed.get(pseudonym) ?? []) {
      counts.sealed++;
      const plain = half && tryOpen(keys.permitKey(half, purpose), sealed);
      if (!plain) continue;
      counts.opened++;
      if (sealed.kind === 'readings') counts.readings += unpackReadings(plain).length;
    }
  }
  return counts;
}

async function erase(stage: Stage, trial: Trial): Promise<void> {
  const begun = Date.now();
  const { erasure, claim } = await ask(stage.alma.browser, stage.vault, eraseSelf);
  const headers = { 'integument-claim': claim };
  const unclaimed = await request(stranger, stage.vault, readErasure, { params: { erasure } });
  const read = () => ask(stranger, stage.vault, readErasure, { params: { erasure }, headers });
  let last = await read();
  while (last.state !== 'completed' && Date.now() - begun < PATIENCE_MS) {
    await pause(100);
    last = await read();
  }
  trial.check(
    `asked for by herself and completed in ${((Date.now() - begun) / 1_000).toFixed(1)} s: ${last.keysDestroyed} keys destroyed; her claim alone says so`,
    (last.state !== 'completed' && `it is still ${last.state}`) ||
      (last.keysDestroyed < 3 && 'one for her and one for each purpose were to be') ||
      (unclaimed.status !== 404 && `without the claim the answer is ${unclaimed.status}`),
  );
}

async function isGone(stage: Stage, trial: Trial): Promise<void> {
  const { alma, shop, skinApp, vault, api } = stage;
  const { fields } = alma.person.enrolment;
  let found = 0;
  for (const field of ['email', 'phone', 'account_id'] as const) {
    const { people } = await ask(shop, vault, searchPeople, { body: { field, value: fields[field] ?? '' } });
    found += people.length;
  }
  const headers = { 'integument-permit': permitOf(alma, 'ingest') };
  const query = { stream: 'skin-temperature' };
  const answers = await Promise.all([
    request(shop, vault, readPerson, { params: { person: alma.shopName } }),
    request(alma.browser, vault, readSelf),
    request(alma.browser, api, listConsents),
    request(skinApp, api, readReadings, { headers, query }),
    request(skinApp, api, storeReadings, {
      headers,
      body: { batch: randomUUID(), ...query, readings: [[Date.now(), 33]] },
    }),
  ]);
  const statuses = answers.map(({ status }) => status).join();
  trial.check(
    'no search finds her, her pseudonyms lead nowhere, her sessions are over',
    (found > 0 && `${found} searches find her`) ||
      (statuses !== '404,401,401,404,404' && `answers: ${statuses}`),
  );
}

/** Takes every key that the vault still gives, for anything, to everything that was hers, and to the old model. */
async function openAfter(
  stage: Stage,
  keys: KeyHolder,
  copy: PlatformCopy,
  almas: readonly Sealed[],
  trial: Trial,
): Promise<void> {
  const now = await copyPlatform(stage.info.databases.platform);
  const gates = [...new Set([...copy.gates, ...now.gates].map(({ gate }) => gate))];
  const models = [...new Set([...copy.models, ...now.models].map(({ modelKey }) => modelKey))];
  const all = await keys.everyKey(gates, models);
  const sealed = [...almas, ...copy.models.map((model) => model.sealed)];
  const opened = sealed.filter((one) => all.some((key) => tryOpen(key, one)));
  const own = copy.gates.filter(({ pseudonym }) =>
    Object.values(stage.alma.permits).includes(pseudonym ?? ''),
  );
  let given = 0;
  for (const use of ['process', 'rights', 'forget'] as const) {
    given += (
      await keys.permitHalves(
        own.map(({ gate }) => gate),
        use,
      )
    ).size;
  }
  trial.check(
    `after: the vault gives none of her keys; none of the ${grouped(all.length)} that can be made of the others opens one of ${grouped(sealed.length)} copied rows, the model of then among them`,
    (own.length !== PURPOSES.length && 'her permits are not in the copy') ||
      (given > 0 && `it gives ${given}`) ||
      (opened.length > 0 && `${opened.length} open, such as ${opened[0]?.kind}`),
  );
  const bo = await openAll(keys, copy, stage.bo);
  trial.check(
    "after: Bo's rows in the same copy still open, so it isn't the way of opening that failed",
    (bo.sealed === 0 || bo.opened !== bo.sealed) && `${bo.opened} of ${bo.sealed} do`,
  );
  const left = PURPOSES.filter((purpose) => now.sealed.has(permitOf(stage.alma, purpose)));
  const named = now.gates.some(({ pseudonym }) =>
    Object.values(stage.alma.permits).includes(pseudonym ?? ''),
  );
  trial.check(
    'after: none of her rows is left in the platform database',
    (left.length > 0 || named) && `there are some for ${left.join(', ') || 'her gates'}`,
  );
}

/** The provider knows the name still, of course; here it is somebody new. */
async function comesBackAsNobody(stage: Stage, trial: Trial): Promise<void> {
  const browser = await signIn(stage.info, stage.alma.person.subject);
  const { fields } = await ask(browser, stage.vault, readSelf);
  const { consents } = await ask(browser, stage.api, listConsents);
  const reading = await request(browser, stage.api, readReadings, { query: { stream: 'skin-temperature' } });
  trial.check(
    'whoever signs in with her account now is somebody new: no values, no consent, no readings',
    (Object.keys(fields).length > 0 && 'values are there') ||
      (consents.some(({ state }) => state !== 'none') && 'consents are there') ||
      (reading.status !== 404 && `reading readings was answered ${reading.status}`),
  );
}

async function logVerifies(stage: Stage, app: 'vault' | 'api', trial: Trial): Promise<void> {
  const report = await verifyFetched(stage, app);
  trial.check(
    `the ${app === 'api' ? "API's" : "vault's"} log verifies${report.ok ? `: ${grouped(report.size)} entries, which continue those of before the demo` : ''}`,
    !report.ok && `${report.message} (${report.code})`,
  );
}

function nameOf(stage: Stage, actor: Actor): string {
  return actor === stage.alma ? 'Alma' : 'Bo';
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
