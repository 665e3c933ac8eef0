import { call } from './calls.js';
import { attempt } from './forms.js';

const list = document.getElementById('consents');
const note = document.getElementById('consents-note');
const template = document.getElementById('consent-template');

/** Shows each purpose with its notice, the person's decision and the button that changes it. */
export async function showConsents(api) {
  const [{ purposes }, { consents }] = await Promise.all([
    call(api, 'GET', '/v1/purposes'),
    call(api, 'GET', '/v1/me/consents'),
  ]);
  const notices = await Promise.all(purposes.map(({ name }) => noticeOf(api, name)));
  const byPurpose = new Map(consents.map((consent) => [consent.purpose, consent]));
  const rows = purposes.map((purpose, at) => row(api, purpose, notices[at], byPurpose.get(purpose.name)));
  list.replaceChildren(...rows);
  note.textContent = 'What you take back is locked before you see the answer here, and later erased.';
}

/** In the browser's language where there is such a one. */
async function noticeOf(api, purpose) {
  const { notices } = await call(api, 'GET', `/v1/notices/${purpose}`);
  return notices.find(({ language }) => navigator.language.startsWith(language)) ?? notices[0];
}

function row(api, purpose, notice, consent) {
  const item = template.content.cloneNode(true).firstElementChild;
  item.querySelector('h3').textContent = notice.title;
  item.querySelector('h3').lang = notice.language;
  item.querySelector('.notice').textContent = notice.text;
  item.querySelector('.notice').lang = notice.language;
  item.querySelector('.terms').textContent = terms(purpose);
  show(item, purpose, notice, consent);
  const button = item.querySelector('button');
  const complaint = item.querySelector('.trouble');
  button.addEventListener(
    'click',
    () => void attempt(button, complaint, () => change(api, item, purpose, notice)),
  );
  return item;
}

function show(item, purpose, notice, consent) {
  item.classList.toggle('open', consent?.state === 'open');
  item.dataset.next = nextWord(purpose, consent);
  item.querySelector('.state').textContent = describe(purpose, consent);
  const button = item.querySelector('button');
  button.textContent = BUTTONS[item.dataset.next];
  button.setAttribute('aria-label', `${button.textContent}: ${notice.title}`);
}

async function change(api, item, purpose, notice) {
  const path = `/v1/me/consents/${purpose.name}`;
  const consent = await say(api, path, item.dataset.next, notice);
  show(item, purpose, notice, consent);
  if (consent.receipt) offer(item.querySelector('.receipt'), purpose, consent.receipt);
}

const BUTTONS = { give: 'Allow', withdraw: 'Take back', object: 'Object' };

/** What one can say next: no to what is allowed, and to what needs no leave, before it has begun as well. */
function nextWord({ ground }, consent) {
  const state = consent?.state ?? 'none';
  if (ground === 'legitimate-interest') return ['none', 'open'].includes(state) ? 'object' : 'give';
  return state === 'open' ? 'withdraw' : 'give';
}

function say(api, path, word, notice) {
  if (word === 'withdraw') return call(api, 'POST', `${path}/withdraw`);
  if (word === 'object') return call(api, 'POST', `${path}/object`, {});
  return call(api, 'POST', `${path}/give`, { notice: notice.hash });
}

/** The proof of what just happened, to keep: checked by anybody with the public key. */
function offer(place, purpose, receipt) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([receipt], { type: 'application/jose' }));
  link.download = `receipt-${purpose.name}.jws`;
  link.textContent = 'Keep the receipt';
  place.replaceChildren(link);
}

function describe({ ground }, consent) {
  const needsNoLeave = ground === 'legitimate-interest';
  switch (consent?.state) {
    case 'open':
      if (needsNoLeave) return 'Done without asking; you can object';
      return consent.endsOn ? `Allowed until ${consent.endsOn}` : 'Allowed';
    case 'declined':
      return needsNoLeave ? 'You have objected: it is not done' : 'You have said no';
    case 'opening':
      return 'Being opened';
    case 'frozen':
      if (consent.kept?.length) return `Taken back; ${keptOn(consent)}`;
      return consent.dueOn ? `Taken back; erased on ${consent.dueOn}` : 'Taken back';
    default:
      return needsNoLeave ? 'Not begun; you can object' : 'Not allowed';
  }
}

/** They are told why it is not erased yet. */
function keptOn({ kept, dueOn }) {
  const grounds = kept.map(({ ground, article }) => `${ground.replaceAll('-', ' ')} (${article})`);
  return `not used, and kept for ${[...new Set(grounds)].join(' and ')}; erased on ${dueOn}`;
}

function terms(purpose) {
  const data = purpose.categories.map((name) => name.replaceAll('-', ' ')).join(', ');
  return `Uses ${data}. Kept ${purpose.retentionDays} days, erased ${purpose.eraseAfterWithdrawalDays} days after you take it back.`;
}
