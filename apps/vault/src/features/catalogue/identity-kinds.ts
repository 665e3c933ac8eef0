import { IDENTITY_FIELDS, type IdentityField, identityFields } from '@integument/contracts';
import { CATALOGUE, type FieldRule, fromText, toText } from './identity-fields.js';
import type { Kind } from './kind.js';

/** Each identity field as a kind of its own, by the rules that people's values are kept by. */
export const IDENTITY_KINDS: ReadonlyMap<IdentityField, Kind> = new Map(
  IDENTITY_FIELDS.map((field) => [field, kindOf(field)]),
);

function kindOf(field: IdentityField): Kind {
  const { parts, normalise } = CATALOGUE[field] as FieldRule;
  return {
    read: (value) => {
      const parsed = identityFields.shape[field].safeParse(value);
      return parsed.success ? toText(parsed.data) : null;
    },
    tell: (text) => fromText(field, text),
    normalise: (text) => normalise?.(fromText(field, text)) ?? text,
    parts: (text) => parts(fromText(field, text)),
  };
}
