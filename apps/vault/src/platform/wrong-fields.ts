import type { z } from 'zod';

const NAMED = 20;

/** Which fields of an entry are wrong: the names of declared ones only, as the path of an unknown one is what was sent. */
export function wrongFields(error: z.ZodError): string[] {
  const places = error.issues.map(({ path }) => path.filter((step) => typeof step === 'string').join('.'));
  return [...new Set(places)].slice(0, NAMED);
}
