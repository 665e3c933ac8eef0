import { CodedError, type RouteContract } from '@integument/contracts';
import type { FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { declaredNames } from './declared-names.js';

/** One wrong place in a request. Neither part holds anything that was sent. */
export interface WrongPlace {
  readonly path: string;
  readonly rule: string;
}

const PLACES_MAX = 20;

/** The request does not fit its contract, or, under a code of its own, what of the contract this installation takes. */
export class InvalidRequest extends CodedError {
  /** @param places names that a contract declares; any other came from the caller */
  constructor(
    readonly places: readonly WrongPlace[],
    code: `${string}.${string}` = 'request.invalid',
    publicText = 'The request does not have the form that this route asks for.',
  ) {
    super(code, 400, publicText);
  }
}

export interface ParsedInput {
  readonly params: unknown;
  readonly query: unknown;
  readonly body: unknown;
}

const NOTHING: ParsedInput = Object.freeze({ params: undefined, query: undefined, body: undefined });

/**
 * Parses all parts of a request by its contract.
 * @throws {InvalidRequest} naming every wrong place at once
 */
export function parseInput(
  contract: RouteContract,
  request: Pick<FastifyRequest, 'params' | 'query' | 'body'>,
): ParsedInput {
  const places: WrongPlace[] = [];
  const query = contract.query
    ? parse(contract, 'query', contract.query, request.query, places)
    : refuseAny('query', request.query, places);
  const body = contract.body
    ? parse(contract, 'body', contract.body, request.body, places)
    : // Lines are no part of the input: each is checked where it is used.
      contract.lines
      ? undefined
      : refuseAny('body', request.body, places);
  const params = contract.params && parse(contract, 'params', contract.params, request.params, places);
  if (places.length > 0) throw new InvalidRequest(places.slice(0, PLACES_MAX));
  if (params === undefined && query === undefined && body === undefined) return NOTHING;
  return { params, query, body };
}

function parse(
  contract: RouteContract,
  part: string,
  schema: z.ZodType,
  value: unknown,
  places: WrongPlace[],
): unknown {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const names = declaredNames(contract);
  for (const issue of parsed.error.issues) {
    const path = issue.path.map((step) =>
      typeof step === 'number' || names.has(String(step)) ? String(step) : '*',
    );
    places.push({ path: [part, ...path].join('.'), rule: issue.code });
  }
  return undefined;
}

/** A part that the contract does not know at all must be empty, as an unknown field must be absent. */
function refuseAny(part: string, value: unknown, places: WrongPlace[]): undefined {
  if (value === undefined || value === null) return;
  if (part === 'query' && typeof value === 'object') {
    if (Object.keys(value).length > 0) places.push({ path: part, rule: 'unrecognized_keys' });
    return;
  }
  places.push({ path: part, rule: 'unexpected' });
}
