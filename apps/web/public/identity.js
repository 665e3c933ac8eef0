import { call } from './calls.js';
import { element } from './elements.js';

const LABELS = {
  email: 'Email',
  phone: 'Phone',
  given_name: 'Given name',
  family_name: 'Family name',
  birth_date: 'Birth date',
  postal_address: 'Address',
  account_id: 'Customer number',
  language: 'Language of letters',
};

/** Shows what the vault knows about the signed-in person. It goes from the vault into this page and nowhere else. */
export async function showIdentity(vault) {
  const { fields, region } = await call(vault, 'GET', '/v1/me');
  const rows = Object.entries(LABELS)
    .filter(([name]) => fields[name] !== undefined)
    .map(([name, label]) => [label, asText(fields[name])]);
  if (region) rows.push(['Country or region', region]);
  document
    .getElementById('identity')
    .replaceChildren(...rows.flatMap(([label, text]) => [element('dt', {}, label), element('dd', {}, text)]));
  const note = rows.length === 0 ? 'The vault knows your account and nothing else about you.' : '';
  document.getElementById('identity-note').textContent = note;
}

function asText(value) {
  if (typeof value === 'string') return value;
  const { lines = [], postcode, locality, region, country } = value;
  const place = [postcode, locality].filter(Boolean).join(' ');
  return [...lines, place, region, country].filter(Boolean).join(', ');
}
