import type { RouteContract } from '@integument/contracts';
import { defineRoute } from '@integument/contracts';
import { fastify } from 'fastify';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { RouteRegister } from './routes.js';

const route = (path: string) =>
  defineRoute({
    id: 'x.look',
    method: 'GET',
    path,
    summary: 's',
    tag: 't',
    audience: ['public'],
    reply: z.object({ ok: z.boolean() }),
  });

/** What has happened between the admission and the method. */
interface Meanwhile {
  readonly ended?: boolean;
  readonly outruled?: boolean;
}

/**
 * An app whose admission is broken: it lets every request in under the contract that is given, or under none. Asked again, it lets in
 * nobody.
 */
async function ask(
  admitted: RouteContract | null,
  contract: RouteContract,
  { ended = false, outruled = false }: Meanwhile = {},
) {
  const app = fastify();
  new RouteRegister().watch(app);
  app.decorate('admission', {
    isOutruled: () => outruled,
    again: () => Promise.reject(new Error('not any more')),
  } as never);
  app.decorateRequest('admitted', null);
  app.decorateRequest('input', null);
  app.decorateRequest('lease', null);
  app.addHook('onRequest', (request, _reply, done) => {
    request.admitted = admitted;
    request.lease = { holds: () => !ended } as never;
    done();
  });
  app.route({ method: 'GET', url: contract.path, config: { contract }, handler: () => ({ ok: true }) });
  const { statusCode } = await app.inject(contract.path);
  await app.close();
  // Outside the problem filter a coded error has no HTTP status of its own.
  return statusCode === 200 ? 'ran' : 'refused';
}

test('a method runs for a request admitted under its contract, and for no other', async () => {
  const contract = route('/a');
  expect(await ask(contract, contract)).toBe('ran');
  expect(await ask(null, contract)).toBe('refused');
  expect(await ask(route('/a'), contract)).toBe('refused');
});

test('nor for one that was admitted by what has run out since, also where it has no body to wait for', async () => {
  const contract = route('/a');
  expect(await ask(contract, contract, { ended: true })).toBe('refused');
  expect(await ask(contract, contract, { outruled: true })).toBe('refused');
});
