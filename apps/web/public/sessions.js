import { vault } from './apps.js';
import { call } from './calls.js';
import { element, moment } from './elements.js';
import { action } from './forms.js';

const LATER = 'Ended. The API has not confirmed its part yet, and ends it as soon as it hears of it.';

/** Where one is signed in, and a way to end each. */
export async function showSessions(place, note = '') {
  const { sessions } = await call(vault, 'GET', '/v1/sessions');
  const end = async (method, path) => {
    const { ended } = await call(vault, method, path);
    await showSessions(place, ended === 'everywhere' ? 'Ended.' : LATER);
  };
  const parts = [
    element('p', { role: 'status', class: 'note' }, note),
    element('ul', { class: 'rows' }, ...sessions.map((session) => row(session, end))),
  ];
  if (sessions.length > 1) {
    parts.push(action('End all others', () => end('POST', '/v1/sessions/end-others')));
  }
  place.replaceChildren(...parts);
}

function row({ session, current, device, beganAt, usedAt }, end) {
  const used = usedAt ? `, last used ${moment(usedAt)}` : '';
  const about = `Since ${moment(beganAt)}${used}`;
  const item = element(
    'li',
    {},
    element('div', {}, element('strong', {}, device), element('p', { class: 'note' }, about)),
  );
  if (current) item.append(element('span', { class: 'note' }, 'This one'));
  else {
    const label = `End: ${device}, ${about}`;
    item.append(
      action('End', () => end('DELETE', `/v1/sessions/${session}`), { class: 'quiet', 'aria-label': label }),
    );
  }
  return item;
}
