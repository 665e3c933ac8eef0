import { call } from './calls.js';
import { attempt } from './forms.js';

const list = document.getElementById('consents');
const note = document.getElementById('consents-note');
const template = document.getElementById('consent-template');

/** Shows each purpose with the person's decision and the button that changes it. */
export async function showConsents(api) {
  const [{ purposes }, { consents }] = await Promise.all([
    call(api, 'GET', '/v1/purposes'),
    call(api, 'GET', '/v1/me/consents'),
  ]);
  const byPurpose = new Map(consents.map((consent) => [consent.purpose, consent]));
  list.replaceChildren(...purposes.map((purpose) => row(api, purpose, byPurpose.get(purpose.name))));
  note.textContent = 'What you take back is locked before you see the answer here, and later erased.';
}

function row(api, purpose, consent) {
  const item = template.content.cloneNode(true).firstElementChild;
  item.querySelector('h3').textContent = purpose.title;
  item.querySelector('.terms').textContent = terms(purpose);
  show(item, purpose, consent);
  const button = item.querySelector('button');
  const complaint = item.querySelector('.trouble');
  button.addEventListener('click', () => void attempt(button, complaint, () => change(api, item, purpose)));
  return item;
}

function show(item, purpose, consent) {
  const open = consent?.state === 'open';
  item.classList.toggle('open', open);
  item.querySelector('.state').textContent = describe(consent);
  const button = item.querySelector('button');
  button.textContent = open ? 'Take back' : 'Allow';
  button.setAttribute('aria-label', `${button.textContent}: ${purpose.title}`);
}

async function change(api, item, purpose) {
  const path = `/v1/me/consents/${purpose.name}`;
  const consent = item.classList.contains('open')
    ? await call(api, 'POST', `${path}/withdraw`)
    : await call(api, 'POST', `${path}/give`, { notice: await digest(noticeOf(purpose)) });
  show(item, purpose, consent);
}

function describe(consent) {
  switch (consent?.state) {
    case 'open':
      return 'Allowed';
    case 'opening':
      return 'Being opened';
    case 'frozen':
      return consent.dueOn ? `Taken back; erased on ${consent.dueOn}` : 'Taken back';
    default:
      return 'Not allowed';
  }
}

function terms(purpose) {
  const data = purpose.categories.map((name) => name.replaceAll('-', ' ')).join(', ');
  return `Uses ${data}. Kept ${purpose.retentionDays} days, erased ${purpose.eraseAfterWithdrawalDays} days after you take it back.`;
}

/** Exactly what was read before agreeing; its digest is kept with the consent. */
function noticeOf(purpose) {
  return `${purpose.title}\n${terms(purpose)}\n`;
}

async function digest(text) {
  const bytes = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  return [...new Uint8Array(bytes)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
