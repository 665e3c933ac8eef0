/** Writes text as it compares: one of its compatible forms, in lower case, single spaces. Equal however often it is done. */
export function folded(text: string): string {
  // Lower case of a composed form may be composed anew; a second round changes nothing more.
  const once = text.normalize('NFKC').toLowerCase().normalize('NFKC').toLowerCase().normalize('NFKC');
  return once.replace(/\s+/gu, ' ').trim();
}
