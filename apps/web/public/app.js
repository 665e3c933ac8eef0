import { call, callIfSignedIn, whereTheAppsAre } from './calls.js';
import { showConsents } from './consents.js';
import { showIdentity } from './identity.js';

const status = document.getElementById('status');
const signIn = document.getElementById('sign-in');
const signOut = document.getElementById('sign-out');

const { vault, api } = await whereTheAppsAre();
document.getElementById('vault-docs').href = `${vault}/docs`;
document.getElementById('api-docs').href = `${api}/docs`;
signIn.href = `${vault}/v1/sign-in?return_to=${encodeURIComponent(`${location.origin}/`)}`;
signOut.addEventListener('click', leave);

try {
  const session = await callIfSignedIn(vault, 'GET', '/v1/session');
  if (session) await welcome(session);
  else say('You are not signed in.', signIn);
} catch {
  say('The vault or the API does not answer. Is everything running?', signIn);
}

async function welcome(session) {
  if (session.kind === 'staff') {
    say(
      `Signed in as staff: ${session.roles.join(', ')}. Your work is done through the two apps’ routes.`,
      signOut,
    );
    return;
  }
  say('Signed in. The left half came from the vault, the right half from the API.', signOut);
  await Promise.all([showIdentity(vault), enterApi().then(() => showConsents(api))]);
}

/** The vault's one-time code carries the sign-in to the API, through this browser and not from server to server. */
async function enterApi() {
  if (await callIfSignedIn(api, 'GET', '/v1/me/consents')) return;
  const { code } = await call(vault, 'POST', '/v1/sign-in/code');
  await call(api, 'POST', '/v1/sessions', { code });
}

async function leave() {
  signOut.disabled = true;
  // Both are told, even when one of them doesn't answer.
  await Promise.allSettled([
    call(api, 'DELETE', '/v1/sessions/current'),
    call(vault, 'POST', '/v1/sign-out'),
  ]);
  location.reload();
}

function say(text, next) {
  status.textContent = text;
  next.hidden = false;
}
