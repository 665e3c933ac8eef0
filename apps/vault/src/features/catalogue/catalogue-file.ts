import { readFile } from 'node:fs/promises';
import {
  clientName,
  domainName,
  fieldName,
  IDENTITY_FIELDS,
  SENSITIVITIES,
  TOKEN_TYPES,
} from '@integument/contracts';
import { z } from 'zod';
import { Catalogue, type TokenField, typesOf } from './catalogue.js';
import { kindDeclaration, kindOf, suits } from './kinds/index.js';
import { MalformedMask, type Mask, parseMask } from './mask.js';
import { searchSection } from './search-plan.js';

const mask = z.string().transform((text, issues): Mask => {
  try {
    return parseMask(text);
  } catch (error) {
    if (!(error instanceof MalformedMask)) throw error;
    issues.addIssue({ code: 'custom' });
    return z.NEVER;
  }
});

const rest = z.object({
  sensitivity: z.enum(SENSITIVITIES),
  mask,
  tokens: z.array(z.enum(TOKEN_TYPES)).min(1).max(TOKEN_TYPES.length).optional(),
  erasable: z.boolean().default(true),
});

/** A field's kind says which other words its declaration may have, so it is read in two steps; neither takes a word of the other's. */
const field = z.record(z.string(), z.unknown()).transform((declared, issues) => {
  const { sensitivity, mask: masked, tokens, erasable, ...kind } = declared;
  const about = rest.safeParse({ sensitivity, mask: masked, tokens, erasable });
  const declaration = kindDeclaration.safeParse(kind);
  for (const { error } of [about, declaration])
    for (const { path } of error?.issues ?? []) issues.addIssue({ code: 'custom', path: [...path] });
  if (!about.success || !declaration.success) return z.NEVER;
  return { ...about.data, kind: kindOf(declaration.data) };
});

/** What the operator declares beside the identity fields, applied at every start. */
export const catalogueFile = z
  .strictObject({
    fields: z.record(fieldName, field).default({}),
    domains: z
      .record(domainName, z.strictObject({ clients: z.array(clientName).min(1).max(1_000) }))
      .default({}),
    search: searchSection.optional(),
  })
  .superRefine(({ fields }, issues) => {
    for (const [name, { kind, mask, tokens, erasable }] of Object.entries(fields)) {
      const place = (part: string) => issues.addIssue({ code: 'custom', path: ['fields', name, part] });
      if ((IDENTITY_FIELDS as readonly string[]).includes(name)) place('');
      if (!suits(kind, mask)) place('mask');
      const possible = typesOf(kind);
      if (tokens?.some((type) => !possible.has(type))) place('tokens');
      // What is kept nowhere is a format-preserving token, and nothing else is asked for by saying so.
      if (!erasable && !possible.has('format-preserving')) place('erasable');
    }
  });

export type CatalogueFile = z.output<typeof catalogueFile>;

/** @throws where the file is missing, is not JSON or declares something unknown or unfit; the start stops then */
export async function readCatalogueFile(path: string | undefined): Promise<CatalogueFile> {
  if (path === undefined) return { fields: {}, domains: {} };
  const parsed = catalogueFile.safeParse(JSON.parse(await readFile(path, 'utf8')));
  if (parsed.success) return parsed.data;
  const places = parsed.error.issues.map((issue) => issue.path.join('.') || '(top)');
  throw new Error(`VAULT_CATALOGUE_FILE is not valid at: ${[...new Set(places)].join(', ')}`);
}

export function catalogueOf({ fields, domains }: CatalogueFile): Catalogue {
  const declared = Object.entries(fields).map(([name, one]): TokenField => {
    const { kind, sensitivity, mask, tokens, erasable } = one;
    return { name, kind, sensitivity, mask, types: tokens ? new Set(tokens) : typesOf(kind), erasable };
  });
  const shared = Object.entries(domains).map(([name, { clients }]) => ({ name, clients: new Set(clients) }));
  return new Catalogue(declared, shared);
}
