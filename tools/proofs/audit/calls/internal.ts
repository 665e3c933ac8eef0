import {
  confirmSessionEndings,
  createModelKey,
  declinePermit,
  destroyModelKey,
  destroyPermit,
  freezePermit,
  issueSignInCode,
  keepOptOut,
  mintImportedPermits,
  openPermit,
  openSession,
  permitKeys,
  readModelKey,
  redeemSignInCode,
  requestLetters,
  resumePermit,
  sessionPermits,
  settleConsentImports,
} from '@integument/contracts';
import { encodeId, randomId } from '@integument/crypto';
import { ask, request } from '../../../outside/ask.js';
import { newcomer } from '../../../outside/newcomer.js';
import { answer, type Calls, type Cast, call } from './call.js';

/** Routes of the vault's internal listener that read or change personal data; those of erasures the worker calls itself. */
export const INTERNAL_CALLS: Calls = {
  'sign_in.redeem': async ({ info, api }) => {
    const { browser } = await newcomer(info);
    const { code } = await ask(browser, info.urls.vault, issueSignInCode);
    return call(api, info.urls.vaultInternal, redeemSignInCode, { body: { code } });
  },
  'sign_in.confirm_session_endings': ({ info, api }) => {
    const body = { sessions: [encodeId('ssn', randomId())] };
    return Promise.resolve(call(api, info.urls.vaultInternal, confirmSessionEndings, { body }));
  },
  'permits.open': async (cast) => {
    const body = { session: await session(cast), purpose: 'analytics', gate: newGate(), epoch: 1 };
    return call(cast.api, cast.info.urls.vaultInternal, openPermit, { body });
  },
  'permits.resume': async (cast) => {
    const { gate, session } = await frozenGate(cast);
    const body = { session, gate, epoch: 3 };
    return call(cast.api, cast.info.urls.vaultInternal, resumePermit, { body });
  },
  'permits.freeze': async (cast) => {
    const { gate } = await openedGate(cast);
    return call(cast.api, cast.info.urls.vaultInternal, freezePermit, { body: { gate, epoch: 2 } });
  },
  'permits.decline': async (cast) => {
    const body = { session: await session(cast), purpose: 'analytics', gate: newGate(), epoch: 1 };
    return call(cast.api, cast.info.urls.vaultInternal, declinePermit, { body });
  },
  'permits.keep_opt_out': async (cast) => {
    const optOut = { kind: 'limit-use', onDay: '2026-07-01', channel: 'web' } as const;
    const body = { session: await session(cast), ...optOut };
    return call(cast.api, cast.info.urls.vaultInternal, keepOptOut, { body });
  },
  'permits.destroy': async (cast) => {
    const { gate } = await frozenGate(cast);
    return call(cast.api, cast.info.urls.vaultInternal, destroyPermit, { body: { gate, epoch: 2 } });
  },
  'permits.keys': async (cast) => {
    const { gate } = await openedGate(cast);
    const body = { gates: [gate], use: 'process' };
    return call(cast.api, cast.info.urls.vaultInternal, permitKeys, { body });
  },
  'permits.of_session': async (cast) => {
    const { session } = await openedGate(cast);
    return call(cast.api, cast.info.urls.vaultInternal, sessionPermits, { body: { session } });
  },
  'consent_imports.mint': ({ info, api }) => {
    const body = { purpose: 'analytics', gates: [{ gate: newGate(), epoch: 1 }] };
    return Promise.resolve(call(api, info.urls.vaultInternal, mintImportedPermits, { body }));
  },
  'consent_imports.settle': ({ info, api }) => {
    const body = { purpose: 'analytics', done: [newGate()], refused: [] };
    return Promise.resolve(call(api, info.urls.vaultInternal, settleConsentImports, { body }));
  },
  'letters.request': async (cast) => {
    const { gate } = await openedGate(cast);
    const letter = { gate, key: encodeId('ltk', randomId()), template: 'consent-ended' };
    return call(cast.api, cast.info.urls.vaultInternal, requestLetters, { body: { letters: [letter] } });
  },
  'model_keys.create': ({ info, api }) => Promise.resolve(call(api, info.urls.vaultInternal, createModelKey)),
  'model_keys.read': async (cast) =>
    call(cast.api, cast.info.urls.vaultInternal, readModelKey, {
      params: { modelKey: await modelKey(cast) },
    }),
  'model_keys.destroy': async (cast) =>
    call(cast.api, cast.info.urls.vaultInternal, destroyModelKey, {
      params: { modelKey: await modelKey(cast) },
    }),
};

function newGate(): string {
  return encodeId('gat', randomId());
}

/** A fresh person's session of the data plane, by the name that the vault knows. */
async function session({ info }: Cast): Promise<string> {
  const { browser } = await newcomer(info);
  const { code } = await ask(browser, info.urls.vault, issueSignInCode);
  return (await ask(browser, info.urls.api, openSession, { body: { code } })).session;
}

async function openedGate(cast: Cast): Promise<{ gate: string; session: string }> {
  const opened = { session: await session(cast), gate: newGate() };
  const body = { ...opened, purpose: 'analytics', epoch: 1 };
  answer(openPermit, await request(cast.api, cast.info.urls.vaultInternal, openPermit, { body }));
  return opened;
}

async function frozenGate(cast: Cast): Promise<{ gate: string; session: string }> {
  const opened = await openedGate(cast);
  const { gate } = opened;
  const body = { gate, epoch: 2 };
  answer(freezePermit, await request(cast.api, cast.info.urls.vaultInternal, freezePermit, { body }));
  return opened;
}

async function modelKey({ info, api }: Cast): Promise<string> {
  return answer(createModelKey, await request(api, info.urls.vaultInternal, createModelKey)).modelKey;
}
