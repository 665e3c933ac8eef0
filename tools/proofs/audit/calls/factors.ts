import {
  beginPasskey,
  beginTotp,
  beginUse,
  enrolPasskey,
  enrolTotp,
  makeRecoveryCodes,
  removeFactor,
  usePasskey,
  useRecoveryCode,
  useTotp,
} from '@integument/contracts';
import type { PlatformInfo } from '@integument/testing';
import { generateSync } from 'otplib';
import { ask } from '../../../outside/ask.js';
import { type Browser, signIn } from '../../../outside/browser.js';
import { passkeyOf } from '../../../outside/second-factor.js';
import { SoftwarePasskey } from '../../../outside/software-passkey.js';
import { type Calls, call } from './call.js';

const STEP_SECONDS = 30;

/** Second factors of a member of staff who does nothing else here: removing one ends their other sessions. */
export const FACTOR_CALLS: Calls = {
  'factors.enrol_totp': async ({ info }) => {
    const browser = await support(info);
    const { secret } = await ask(browser, info.urls.vault, beginTotp);
    return call(browser, info.urls.vault, enrolTotp, { body: { code: codeOf(secret) } });
  },
  'factors.enrol_passkey': async ({ info }) => {
    const browser = await support(info);
    const options = await ask(browser, info.urls.vault, beginPasskey);
    const credential = new SoftwarePasskey(info.urls.web, SoftwarePasskey.make()).create(options);
    return call(browser, info.urls.vault, enrolPasskey, { body: { credential } });
  },
  'factors.use_totp': async ({ info }) => {
    const { browser, secret } = await withApp(info);
    return call(browser, info.urls.vault, useTotp, { body: { code: codeOf(secret) } });
  },
  'factors.use_passkey': async ({ info }) => {
    const browser = await support(info);
    const options = await ask(browser, info.urls.vault, beginUse);
    const credential = passkeyOf(info, info.staff.support).get(options);
    return call(browser, info.urls.vault, usePasskey, { body: { credential } });
  },
  'factors.use_recovery_code': async ({ info }) => {
    const browser = await support(info);
    const { codes } = await ask(browser, info.urls.vault, makeRecoveryCodes);
    return call(browser, info.urls.vault, useRecoveryCode, { body: { code: codes[0] } });
  },
  'factors.make_recovery_codes': async ({ info }) =>
    call(await support(info), info.urls.vault, makeRecoveryCodes),
  'factors.remove': async ({ info }) => {
    const { browser, factor } = await withApp(info);
    return call(browser, info.urls.vault, removeFactor, { params: { factor } });
  },
};

function support(info: PlatformInfo): Promise<Browser> {
  return signIn(info, info.staff.support);
}

/** With an authenticator app, enrolled by the code before this moment's, which so is still to be used. */
async function withApp(info: PlatformInfo) {
  const browser = await support(info);
  const { secret } = await ask(browser, info.urls.vault, beginTotp);
  const body = { code: codeOf(secret, -STEP_SECONDS) };
  const { factor } = await ask(browser, info.urls.vault, enrolTotp, { body });
  return { browser, secret, factor };
}

function codeOf(secret: string, later = 0): string {
  return generateSync({ secret, epoch: Math.floor(Date.now() / 1_000) + later });
}
