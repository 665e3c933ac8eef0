import { listKeys, readRotation, rotateKey } from '@integument/contracts';
import { ask } from '../../../outside/ask.js';
import { type Calls, type Cast, call } from './call.js';

/** Lives of keys. Those of models and evidence, which nobody else in these tests is about to rotate. */
export const KEY_CALLS: Calls = {
  'keys.list': ({ info, officer }) => Promise.resolve(call(officer, info.urls.vault, listKeys)),
  'keys.rotate': ({ info, admin }) =>
    Promise.resolve(call(admin, info.urls.vault, rotateKey, { params: { domain: 'model' } })),
  'keys.rotation': async (cast) => {
    const params = { rotation: await rotationOf(cast) };
    return call(cast.auditor, cast.info.urls.vault, readRotation, { params });
  },
};

async function rotationOf({ info, admin }: Cast): Promise<string> {
  const { domains } = await ask(admin, info.urls.vault, listKeys);
  const known = domains.find(({ domain }) => domain === 'evidence')?.rotation;
  if (known) return known.rotation;
  return (await ask(admin, info.urls.vault, rotateKey, { params: { domain: 'evidence' } })).rotation;
}
