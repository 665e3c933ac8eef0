import { callerId, type Regions } from '@integument/authz';
import {
  type BodyOf,
  type ClientPseudonym,
  CodedError,
  type IdentityField,
  type makePersonTokens,
  type ReplyOf,
} from '@integument/contracts';
import type { Tx } from '@integument/database';
import type { Asker } from '@integument/http';
import { type Catalogue, toText } from '../catalogue/index.js';
import type { PersonValues } from '../people/index.js';
import type { TokenMaker } from './token-maker.js';
import { valueUnknown } from './tokens.errors.js';
import { type WantedOptions, type WantedToken, wantedOf } from './wanted-token.js';

/** Tokens for what is known of a person already: their values are read here, and go nowhere else. */
export class PersonTokens {
  constructor(
    private readonly values: PersonValues,
    private readonly maker: TokenMaker,
    private readonly catalogue: Catalogue,
  ) {}

  /** All or none. @throws CodedError why */
  async make(
    tx: Tx,
    asker: Asker,
    name: ClientPseudonym,
    { fields, ...options }: BodyOf<typeof makePersonTokens>,
    regions: Regions,
  ): Promise<ReplyOf<typeof makePersonTokens>> {
    const wished = [...new Set(fields)];
    const allowed = wished.map((field) => this.allowed(asker, { ...options, field }));
    const { person, values } = await this.values.open(tx, callerId(asker.caller), name, wished, regions);
    const wanted = allowed.flatMap((one): WantedToken[] => {
      const value = values[one.field.name as IdentityField];
      // As it is kept: it was checked when it came, by the limits of that day.
      return value === undefined
        ? []
        : [{ ...one, text: toText(value), person: person.pseudonym, stored: true }];
    });
    if (wanted.length === 0) throw valueUnknown();
    const made = await this.maker.make(tx, asker, wanted, regions);
    const tokens = wanted.map(({ field }, at) => [field.name, tokenOrThrow(made[at])]);
    return { tokens: Object.fromEntries(tokens) as Record<string, string> };
  }

  private allowed({ caller }: Asker, options: Parameters<typeof wantedOf>[2]): WantedOptions {
    const wanted = wantedOf(this.catalogue, caller, options);
    if (wanted instanceof CodedError) throw wanted;
    return wanted;
  }
}

function tokenOrThrow(made: CodedError | string | undefined): string {
  if (typeof made !== 'string') throw made ?? new Error('no token was made');
  return made;
}
