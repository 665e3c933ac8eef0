import {
  type AnswerOf,
  PROBLEM_TYPE,
  type Problem,
  problem,
  type RouteContract,
} from '@integument/contracts';
import type { z } from 'zod';
import type { Visitor } from './visitor.js';

/** A request by contract whose parts nobody has checked: also for those that must be refused. */
export interface LooseInput {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string | number>>;
  readonly body?: unknown;
  /** in place of a body: lines of JSON */
  readonly lines?: readonly unknown[];
  readonly headers?: Readonly<Record<string, string>>;
}

const JSON_TYPE = 'application/json';
const LINES_TYPE = 'application/x-ndjson';

type Part<S, Name extends string> = S extends z.ZodType ? { readonly [N in Name]: z.input<S> } : object;
type Input<R extends RouteContract> = Omit<LooseInput, 'params' | 'body'> &
  Part<R['params'], 'params'> &
  Part<R['body'], 'body'>;
/** A route without path parameters and body needs no input. */
type Arguments<R extends RouteContract> = object extends Input<R> ? [input?: Input<R>] : [input: Input<R>];

/** What came back, whatever it is. */
export class Exchange {
  constructor(
    readonly status: number,
    readonly headers: Headers,
    readonly text: string,
  ) {}

  get json(): unknown {
    return this.text === '' ? undefined : (JSON.parse(this.text) as unknown);
  }

  /** The refusal as RFC 9457 has it; undefined for anything else. */
  get problem(): Problem | undefined {
    if (!this.headers.get('content-type')?.startsWith(PROBLEM_TYPE)) return undefined;
    return problem.strict().parse(this.json);
  }

  get code(): string | undefined {
    return this.problem?.code;
  }
}

/** The platform said no where a yes was expected. */
export class Refused extends Error {
  override readonly name = 'Refused';
  constructor(
    route: string,
    readonly exchange: Exchange,
  ) {
    super(`${route} answered ${exchange.status} ${exchange.code ?? ''}`.trim());
  }
}

/** Asks a route and expects it to do its work. @throws {Refused} */
export async function ask<R extends RouteContract>(
  visitor: Visitor,
  app: string,
  route: R,
  ...[input]: Arguments<R>
): Promise<AnswerOf<R>> {
  const exchange = await request(visitor, app, route, input as LooseInput | undefined);
  if (exchange.status < 200 || exchange.status > 299) throw new Refused(route.id, exchange);
  return (route.reply ? route.reply.parse(exchange.json) : undefined) as AnswerOf<R>;
}

/** Sends a request to a route, right or wrong, and gives back what comes. */
export function request(
  visitor: Visitor,
  app: string,
  route: Pick<RouteContract, 'method' | 'path'>,
  { params = {}, query = {}, body, lines, headers = {} }: LooseInput = {},
): Promise<Exchange> {
  const path = route.path
    .replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(params[name] ?? ''))
    .replace(/\*$/, params['*'] ?? '');
  const url = new URL(path, app);
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, String(value));
  const [type, text] = lines
    ? [LINES_TYPE, lines.map((line) => `${JSON.stringify(line)}\n`).join('')]
    : [JSON_TYPE, body === undefined ? undefined : JSON.stringify(body)];
  const sent = text === undefined ? {} : { body: text };
  const typed: Record<string, string> = text === undefined ? {} : { 'content-type': type };
  return exchange(visitor, url.href, { method: route.method, headers: { ...typed, ...headers }, ...sent });
}

export async function exchange(visitor: Visitor, url: string, init?: RequestInit): Promise<Exchange> {
  const reply = await visitor.send(url, init);
  return new Exchange(reply.status, reply.headers, await reply.text());
}
