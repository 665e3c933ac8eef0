import { type Exchange, exchange } from './ask.js';
import type { Visitor } from './visitor.js';

/** A route as an app's own document declares it. */
export interface DeclaredRoute {
  /** `people.reveal` */
  readonly id: string;
  readonly method: string;
  readonly path: string;
  readonly audience?: readonly string[];
  readonly ability?: { readonly action: string; readonly resource: string };
}

interface Operation {
  readonly operationId: string;
  readonly 'x-audience': DeclaredRoute['audience'];
  readonly 'x-ability'?: DeclaredRoute['ability'];
}

/** Every route of an app, from its `/openapi.json`. */
export async function declaredRoutes(app: string): Promise<DeclaredRoute[]> {
  const reply = await fetch(new URL('/openapi.json', app));
  const { paths } = (await reply.json()) as {
    paths: Record<string, Record<string, Operation>>;
  };
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      id: operation.operationId,
      method: method.toUpperCase(),
      path,
      audience: operation['x-audience'],
      ability: operation['x-ability'],
    })),
  );
}

/**
 * Asks whether somebody gets into a route without it doing anything: with a parameter that no route knows, whoever is let
 * in is refused for that, and whoever is not for who they are.
 */
export function knock(visitor: Visitor, app: string, { method, path }: DeclaredRoute): Promise<Exchange> {
  return exchange(visitor, new URL(`${filled(path)}?no_such_parameter=1`, app).href, { method });
}

/** A path with somebody's name in it that is nobody's. */
export function filled(path: string): string {
  return path
    .replace(
      /\{(\w+)\}|:(\w+)/g,
      (_, one?: string, other?: string) => SAMPLES[one ?? other ?? ''] ?? 'sample',
    )
    .replace(/(\{\*\}|\*)$/, '0/000');
}

/** Well-formed names of nobody and nothing. */
const SAMPLES: Readonly<Record<string, string>> = {
  person: 'cps_00000000000000000000000000000000',
  erasure: 'ers_00000000000000000000000000000000',
  approval: 'apr_00000000000000000000000000000000',
  account: '00000000000000000000000000000000',
  modelKey: 'mdk_00000000000000000000000000000000',
  purpose: 'ingest',
  provider: 'nobody',
  factor: 'fct_00000000000000000000000000000000',
};
