import { vault } from './apps.js';
import { call, callIfSignedIn } from './calls.js';
import { element, goTo } from './elements.js';
import { enrolment } from './enrolment.js';
import { showNewRecoveryCodes } from './recovery-codes.js';
import { waysToUse } from './second-factor.js';
import { sentenceFor } from './sentences.js';
import { showSignOut, waysIn } from './sign-in.js';

const status = document.getElementById('status');
const place = document.getElementById('entrance');

/** Lets a member of staff in, by sign-in and second factor, and goes on with what the page is for. */
export async function enter(goOn) {
  try {
    const session = await callIfSignedIn(vault, 'GET', '/v1/session');
    if (session) showSignOut();
    await nextStep(session, goOn);
  } catch (error) {
    status.textContent = sentenceFor(error);
  }
}

async function nextStep(session, goOn) {
  if (!session) return ask('Sign in with your staff account.', await waysIn());
  if (session.kind !== 'staff')
    return ask('These pages are for staff. You are signed in as a person.', toFirstPage());
  if (!session.factorAt) return secondStep(goOn);
  place.replaceChildren();
  status.textContent = `Signed in as ${session.roles.join(', ')}.`;
  await goOn(session);
}

async function secondStep(goOn) {
  const { factors } = await call(vault, 'GET', '/v1/factors');
  const again = () => enterAgain(goOn);
  if (factors.length > 0) {
    ask('One step more: use your second factor.', await waysToUse(again));
  } else {
    const enrolled = async () => {
      await showNewRecoveryCodes(place);
      await again();
    };
    ask('Staff come in with two factors. Add your second one now.', enrolment(undefined, enrolled));
  }
}

async function enterAgain(goOn) {
  await nextStep(await call(vault, 'GET', '/v1/session'), goOn);
  goTo(document.querySelector('h1'));
}

function ask(words, next) {
  status.textContent = words;
  place.replaceChildren(next);
}

function toFirstPage() {
  return element('a', { class: 'button', href: '/' }, 'To your own page');
}
