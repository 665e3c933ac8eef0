import { element, moment } from './elements.js';
import { enrolment } from './enrolment.js';
import { action } from './forms.js';
import { showNewRecoveryCodes } from './recovery-codes.js';
import { callVault } from './step-up.js';

const NAMES = { totp: 'Authenticator app', passkey: 'Passkey' };
/** Where somebody comes back to who has to sign in again before adding one. */
const HERE = `${location.origin}/staff.html#add`;

/** One's own second factors, and how to add and remove them. */
export async function showFactors(place) {
  const { factors, recoveryCodes } = await callVault('GET', '/v1/factors');
  const again = () => showFactors(place);
  const codes = element('div', {}, recoveryCodesNote(recoveryCodes));
  codes.append(
    action('Make new recovery codes', async () => {
      await showNewRecoveryCodes(codes);
      await again();
    }),
  );
  place.replaceChildren(
    element('ul', { class: 'rows' }, ...factors.map((factor) => row(factor, again))),
    codes,
    element('h3', { id: 'add' }, 'Add another'),
    enrolment(HERE, again),
  );
}

function row({ factor, kind, enrolledOn, usedAt }, again) {
  const remove = async () => {
    await callVault('DELETE', `/v1/factors/${factor}`);
    await again();
  };
  const about = `Since ${enrolledOn}, last used ${moment(usedAt)}`;
  return element(
    'li',
    {},
    element('div', {}, element('strong', {}, NAMES[kind]), element('p', { class: 'note' }, about)),
    action('Remove', remove, { class: 'quiet', 'aria-label': `Remove: ${NAMES[kind]}, ${about}` }),
  );
}

function recoveryCodesNote(left) {
  const words = left === 1 ? '1 recovery code is left.' : `${left} recovery codes are left.`;
  return element('p', { class: 'note' }, words);
}
