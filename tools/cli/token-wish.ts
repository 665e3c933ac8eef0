import { domainName, fieldName, TOKEN_TYPES, type TokenType } from '@integument/contracts';
import { WrongUse } from './failure.js';

/** What the values of a column become. */
export interface TokenWish {
  readonly field: string;
  readonly type: TokenType;
  readonly domain?: string;
  /** the column that holds whose value it is */
  readonly personColumn?: string;
}

const NAMES = new Set(['field', 'type', 'domain', 'person']);

/** Reads `field:email,type:deterministic,domain:orders`. @throws {WrongUse} */
export function readTokenWish(text: string, column: string): TokenWish {
  const parts = new Map(text.split(',').map((part) => partOf(part, column)));
  const field = parts.get('field') ?? '';
  const type = parts.get('type') ?? 'random';
  const [domain, personColumn] = [parts.get('domain'), parts.get('person')];
  if (!fieldName.safeParse(field).success) throw new WrongUse(`column “${column}”: field: names no field`);
  if (!TOKEN_TYPES.some((known) => known === type)) {
    throw new WrongUse(`column “${column}”: type: is one of ${TOKEN_TYPES.join(', ')}`);
  }
  if (domain !== undefined && !domainName.safeParse(domain).success) {
    throw new WrongUse(`column “${column}”: domain: names no domain`);
  }
  return {
    field,
    type: type as TokenType,
    ...(domain !== undefined && { domain }),
    ...(personColumn !== undefined && { personColumn }),
  };
}

function partOf(part: string, column: string): [string, string] {
  const at = part.indexOf(':');
  const name = part.slice(0, Math.max(at, 0));
  if (!NAMES.has(name) || at === part.length - 1) {
    throw new WrongUse(`column “${column}”: it is written as field:email,type:deterministic`);
  }
  return [name, part.slice(at + 1)];
}
