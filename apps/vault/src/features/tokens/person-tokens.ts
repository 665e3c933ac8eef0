import type { Regions } from '@integument/authz';
import {
  type BodyOf,
  type ClientPseudonym,
  CodedError,
  type makePersonTokens,
  type ReplyOf,
} from '@integument/contracts';
import { decodeId } from '@integument/crypto';
import type { Tx } from '@integument/database';
import type { Asker } from '@integument/http';
import type { Catalogue } from '../catalogue/index.js';
import type { TokenMaker } from './token-maker.js';
import { VALUE_UNKNOWN, valueUnknown } from './tokens.errors.js';
import { type KnownWish, wantedOf } from './wanted-token.js';

/** Tokens for what is known of a person already. */
export class PersonTokens {
  constructor(
    private readonly maker: TokenMaker,
    private readonly catalogue: Catalogue,
  ) {}

  /** Of all that is known, or of nothing. @throws CodedError why */
  async make(
    tx: Tx,
    asker: Asker,
    name: ClientPseudonym,
    { fields, ...options }: BodyOf<typeof makePersonTokens>,
    regions: Regions,
  ): Promise<ReplyOf<typeof makePersonTokens>> {
    const person = decodeId('cps', name);
    const wishes = [...new Set(fields)].map((field): KnownWish => {
      const wanted = wantedOf(this.catalogue, asker.caller, { ...options, field });
      if (wanted instanceof CodedError) throw wanted;
      return { ...wanted, person };
    });
    const made = await this.maker.make(tx, asker, wishes, regions);
    const tokens = made.flatMap((one, at) => (isUnknown(one) ? [] : [[wishes[at]?.field.name, token(one)]]));
    if (tokens.length === 0) throw valueUnknown();
    return { tokens: Object.fromEntries(tokens) as Record<string, string> };
  }
}

function isUnknown(made: CodedError | string): boolean {
  return made instanceof CodedError && made.code === VALUE_UNKNOWN;
}

function token(made: CodedError | string): string {
  if (made instanceof CodedError) throw made;
  return made;
}
