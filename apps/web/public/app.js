import { api, vault } from './apps.js';
import { call, callIfSignedIn } from './calls.js';
import { showConsents } from './consents.js';
import { element } from './elements.js';
import { showIdentity } from './identity.js';
import { sentenceFor } from './sentences.js';
import { showSessions } from './sessions.js';
import { showSignOut, waysIn } from './sign-in.js';

const status = document.getElementById('status');
const entrance = document.getElementById('entrance');

document.getElementById('vault-docs').href = `${vault}/docs`;
document.getElementById('api-docs').href = `${api}/docs`;

try {
  const session = await callIfSignedIn(vault, 'GET', '/v1/session');
  if (session) await welcome(session);
  else say('You are not signed in.', await waysIn());
} catch (error) {
  say(sentenceFor(error));
}

async function welcome(session) {
  showSignOut();
  if (session.kind === 'staff') {
    const next = element('a', { class: 'button', href: '/staff.html' }, 'To the pages for staff');
    say(`Signed in as staff: ${session.roles.join(', ')}.`, next);
    return;
  }
  say('Signed in. The left half came from the vault, the right half from the API.');
  document.getElementById('sessions-section').hidden = false;
  await Promise.all([
    showIdentity(vault),
    showSessions(document.getElementById('sessions')),
    enterApi().then(() => showConsents(api)),
  ]);
}

/** The vault's one-time code carries the sign-in to the API, through this browser and not from server to server. */
async function enterApi() {
  if (await callIfSignedIn(api, 'GET', '/v1/me/consents')) return;
  const { code } = await call(vault, 'POST', '/v1/sign-in/code');
  await call(api, 'POST', '/v1/sessions', { code });
}

function say(text, ...next) {
  status.textContent = text;
  entrance.replaceChildren(...next);
}
