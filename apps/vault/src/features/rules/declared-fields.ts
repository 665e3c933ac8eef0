import type { RuleDocument } from '@integument/contracts';
import { InvalidRequest } from '@integument/http';
import type { Catalogue } from '../catalogue/index.js';

/**
 * A policy about a field that there is not allows nothing, and whoever wrote it believes that it does. The API knows no catalogue, so this is
 * no part of the document's own form: a version that is stored stays readable when a field goes.
 * @throws InvalidRequest
 */
export function requireDeclaredFields(catalogue: Catalogue, { reveals }: RuleDocument, place = 'body'): void {
  const places = reveals.flatMap(({ fields }, at) => {
    const unknown = fields !== 'all' && fields.some((field) => !catalogue.find(field));
    return unknown ? [{ path: `${place}.reveals.${at}.fields`, rule: 'not_declared' }] : [];
  });
  if (places.length > 0) throw new InvalidRequest(places.slice(0, 20));
}
