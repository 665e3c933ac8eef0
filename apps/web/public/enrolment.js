import { element, goTo } from './elements.js';
import { action, field, form } from './forms.js';
import { knowsPasskeys, makePasskey } from './passkeys.js';
import { TOTP_FIELD } from './second-factor.js';
import { waysIn } from './sign-in.js';
import { callVault } from './step-up.js';

/**
 * The ways to a new second factor.
 * @param {string | undefined} returnTo where somebody comes back to who has to sign in again first; this page when undefined
 * @param {() => unknown} onEnrolled
 */
export function enrolment(returnTo, onEnrolled) {
  const place = element('div', { class: 'ways' });
  const begin = (work) => () => orAfterSignIn(place, returnTo, work);
  if (knowsPasskeys())
    place.append(
      action(
        'Add a passkey',
        begin(() => addPasskey(onEnrolled)),
      ),
    );
  place.append(
    action(
      'Add an authenticator app',
      begin(() => addApp(place, onEnrolled)),
    ),
  );
  return place;
}

async function addPasskey(onEnrolled) {
  const options = await callVault('POST', '/v1/factors/passkeys');
  const credential = await makePasskey(options);
  await callVault('POST', '/v1/factors/passkeys/finish', { credential });
  await onEnrolled();
}

async function addApp(place, onEnrolled) {
  const { uri, secret } = await callVault('POST', '/v1/factors/totp');
  const title = element('h3', {}, 'In your authenticator app');
  place.replaceChildren(
    title,
    element('p', {}, element('a', { href: uri }, 'Open it on this device'), ', or type this key into it:'),
    element('p', {}, element('code', { class: 'secret', 'aria-label': 'Key' }, grouped(secret))),
    form({
      button: 'Finish',
      fields: [field(TOTP_FIELD)],
      work: async (values) => {
        await callVault('POST', '/v1/factors/totp/finish', { code: values.get('code') });
        await onEnrolled();
      },
    }),
  );
  goTo(title);
}

/** A factor is added soon after a sign-in alone: whoever finds a session open can't bring one of their own. */
async function orAfterSignIn(place, returnTo, work) {
  try {
    await work();
  } catch (error) {
    if (error.code !== 'factors.sign_in_not_fresh') throw error;
    const note = element('p', { role: 'alert' }, 'Sign in again first. You come back here.');
    place.replaceChildren(note, await waysIn({ returnTo, fresh: true }));
  }
}

/** Easier to type. */
function grouped(secret) {
  return secret.replace(/.{4}(?=.)/g, '$& ');
}
