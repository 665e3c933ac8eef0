import { vault } from './apps.js';
import { call } from './calls.js';
import { element } from './elements.js';
import { action, field, form } from './forms.js';
import { knowsPasskeys, usePasskey } from './passkeys.js';

/** Of a code of an authenticator app, wherever it is asked for. */
export const TOTP_FIELD = {
  label: 'Code of the authenticator app',
  name: 'code',
  inputmode: 'numeric',
  autocomplete: 'one-time-code',
  pattern: '[0-9]{6}',
  maxlength: '6',
  required: true,
  hint: 'Six digits',
};
const RECOVERY_FIELD = {
  label: 'Recovery code',
  name: 'code',
  required: true,
  hint: 'Groups of four letters and digits, as you wrote them down. Each code is good once.',
};

/** What of one's second factors can be used here, each with its form. @param {() => unknown} onUsed */
export async function waysToUse(onUsed) {
  const { factors, recoveryCodes } = await call(vault, 'GET', '/v1/factors');
  const has = (kind) => factors.some((factor) => factor.kind === kind);
  const ways = element('div', { class: 'ways' });
  if (has('passkey') && knowsPasskeys()) ways.append(action('Use a passkey', () => byPasskey(onUsed)));
  if (has('totp')) ways.append(byCode(TOTP_FIELD, 'Use this code', '/v1/factors/use/totp', onUsed));
  if (recoveryCodes > 0) {
    const recovery = byCode(
      RECOVERY_FIELD,
      'Use this recovery code',
      '/v1/factors/use/recovery-code',
      onUsed,
    );
    ways.append(element('details', {}, element('summary', {}, 'Use a recovery code instead'), recovery));
  }
  return ways;
}

async function byPasskey(onUsed) {
  const options = await call(vault, 'POST', '/v1/factors/use/passkey/begin');
  const credential = await usePasskey(options);
  await call(vault, 'POST', '/v1/factors/use/passkey', { credential });
  await onUsed();
}

function byCode(input, button, path, onUsed) {
  const work = async (values) => {
    await call(vault, 'POST', path, { code: values.get('code').trim().toLowerCase() });
    await onUsed();
  };
  return form({ button, fields: [field(input)], work });
}
