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

/** An app whose admission is broken: it lets every request in under the contract that is given, or under none. */
async function ask(admitted: RouteContract | null, contract: RouteContract) {
  const app = fastify();
  new RouteRegister().watch(app);
  app.decorate('admission', { isOutruled: () => false } as never);
  app.decorateRequest('admitted', null);
  app.decorateRequest('input', null);
  app.addHook('onRequest', (request, _reply, done) => {
    request.admitted = admitted;
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
