import type { FastifyInstance } from 'fastify';
import { PLATFORM_ROUTE } from './request.js';

/** Runs the routes of a plugin as routes of the platform: open and without a contract. */
export async function registerPlatform(
  instance: FastifyInstance,
  plugin: (scope: FastifyInstance) => Promise<void>,
): Promise<void> {
  await instance.register(async (scope) => {
    scope.addHook('onRoute', (route) => {
      route.config = { ...route.config, [PLATFORM_ROUTE]: true };
    });
    await plugin(scope);
  });
}
