import type { RouteContract } from '@integument/contracts';
import type { FastifyInstance, RouteOptions } from 'fastify';
import { guarded } from './contract-guard.js';
import { PLATFORM_ROUTE } from './request.js';

const DEFAULT_BODY_LIMIT = 1_048_576;

/** The app has routes that must not exist. Stops the start. */
export class UndeclaredRoutes extends Error {
  override readonly name = 'UndeclaredRoutes';
}

/** Watches every route being added: gives each the guard and the limits of its contract, and knows them all. */
export class RouteRegister {
  readonly #routes: RouteOptions[] = [];

  watch(instance: FastifyInstance): void {
    instance.addHook('onRoute', (route) => {
      const { contract } = route.config ?? {};
      if (contract) {
        route.bodyLimit = contract.bodyLimit ?? DEFAULT_BODY_LIMIT;
        route.handler = guarded(contract, route.handler);
      }
      if (!contract?.reply) route.compress = {};
      this.#routes.push(route);
    });
  }

  contracts(): RouteContract[] {
    return this.#routes.flatMap((route) => route.config?.contract ?? []);
  }

  /** @throws {UndeclaredRoutes} */
  check(): void {
    const faults = this.#routes.flatMap(faultOf);
    if (faults.length > 0) throw new UndeclaredRoutes(faults.join('; '));
  }
}

function faultOf({ method, url, config }: RouteOptions): string[] {
  const route = `${String(method)} ${url}`;
  const contract = config?.contract;
  if (!contract) {
    // Preflights: @fastify/cors answers them in its hook, this route itself only ever says 404.
    return config?.[PLATFORM_ROUTE] || route === 'OPTIONS *' ? [] : [`${route} implements no contract`];
  }
  if (contract.audience.length === 0) return [`${route} is for nobody`];
  if (!contract.ability && !contract.audience.includes('public')) return [`${route} asks for no ability`];
  if (contract.ability && contract.audience.includes('public'))
    return [`${route} is public and asks for an ability`];
  if (contract.dpop && !isForClients(contract))
    return [`${route} wants a key’s proof, and is not for clients`];
  return [];
}

function isForClients({ audience }: RouteContract): boolean {
  return audience.includes('identity-client') || audience.includes('health-client');
}
