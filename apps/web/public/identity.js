import { call } from './calls.js';

const LABELS = {
  email: 'Email',
  phone: 'Phone',
  given_name: 'Given name',
  family_name: 'Family name',
  birth_date: 'Birth date',
  postal_address: 'Address',
  account_id: 'Customer number',
};

/** Shows what the vault knows about the signed-in person. It goes from the vault into this page and nowhere else. */
export async function showIdentity(vault) {
  const { fields } = await call(vault, 'GET', '/v1/me');
  const rows = Object.entries(LABELS)
    .filter(([name]) => fields[name] !== undefined)
    .flatMap(([name, label]) => [element('dt', label), element('dd', asText(fields[name]))]);
  document.getElementById('identity').replaceChildren(...rows);
  const note = rows.length === 0 ? 'The vault knows your account and nothing else about you.' : '';
  document.getElementById('identity-note').textContent = note;
}

function asText(value) {
  if (typeof value === 'string') return value;
  const { lines = [], postcode, locality, region, country } = value;
  const place = [postcode, locality].filter(Boolean).join(' ');
  return [...lines, place, region, country].filter(Boolean).join(', ');
}

function element(name, text) {
  const made = document.createElement(name);
  made.textContent = text;
  return made;
}
