import { readdirSync, readFileSync } from 'node:fs';
import type { RouteContract } from '@integument/contracts';
import * as contracts from '@integument/contracts';
import { expect, it } from 'vitest';

const PUBLIC = new URL('../public/', import.meta.url);
const read = (file: string) => readFileSync(new URL(file, PUBLIC), 'utf8');
const scripts = readdirSync(PUBLIC).filter((file) => file.endsWith('.js'));
const code = scripts.map(read).join('\n');

const { SENTENCES, sentenceFor } = (await import(new URL('sentences.js', PUBLIC).href)) as {
  SENTENCES: Record<string, string>;
  sentenceFor: (error: unknown) => string;
};

/** The routes whose paths stand in the pages' scripts. */
function routesInUse(): RouteContract[] {
  const declared = Object.values(contracts as Record<string, unknown>).filter(isRoute);
  return declared.filter(({ path }) => {
    const pattern = path.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/:\w+/g, '\\$\\{[^}]+\\}');
    return new RegExp(`[\`']${pattern}[\`'?]`).test(code);
  });
}

function isRoute(value: unknown): value is RouteContract {
  return typeof value === 'object' && value !== null && 'path' in value && 'method' in value;
}

it('each refusal of a route that the pages call has a sentence', () => {
  // The last three by a path that is put together.
  const routes = [
    ...routesInUse(),
    contracts.giveConsent,
    contracts.withdrawConsent,
    contracts.objectToPurpose,
  ];
  const ids = routes.map(({ id }) => id);
  for (const id of ['factors.use_totp', 'approvals.approve', 'staff.change_roles', 'sign_in.end_session'])
    expect(ids).toContain(id);
  const codes = new Set(routes.flatMap(({ problems = [] }) => problems));
  // Where a sign-in is refused the browser is at the vault, and no page of ours is there to say so.
  const missing = [...codes].filter((name) => !(name in SENTENCES) && !name.startsWith('sign_in.'));
  expect(missing).toEqual([]);
});

it('no sentence says what a server sent, and one is there for anything', () => {
  expect(sentenceFor({ code: 'things.unheard_of', message: 'canary' })).not.toMatch(/canary|unheard/);
  expect(sentenceFor(undefined)).toMatch(/went wrong/);
  expect(sentenceFor(new DOMException('canary', 'AbortError'))).toBe('');
});

it('no script writes HTML', () => {
  expect(code).not.toMatch(/innerHTML|outerHTML|insertAdjacentHTML|document\.write|setHTML|srcdoc|\beval\b/);
});

it('no script keeps anything in the browser', () => {
  expect(code).not.toMatch(
    /localStorage|sessionStorage|indexedDB|\bcaches\b|\.cookie\b|cookieStore|serviceWorker/i,
  );
});

it('each operation that takes two people can be read on the page', () => {
  const page = read('operations.js');
  expect(contracts.OPERATION_NAMES.filter((name) => !page.includes(`'${name}': {`))).toEqual([]);
});
