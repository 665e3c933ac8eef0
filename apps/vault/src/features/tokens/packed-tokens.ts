import type { StoredToken } from './sealed-token.js';
import { TOKEN_BYTES } from './token-ids.js';

/** Tokens that have all but key and value in common, in one row: node-pg takes longer for a row than for what is in it. */
export interface PackedRow {
  readonly field: string;
  readonly domain: string;
  readonly person_id: Buffer | null;
  readonly domain_key: number | null;
  readonly uses_left: number | null;
  /** for each: token, length of what is sealed (4 bytes, big-endian), what is sealed */
  readonly packed: Buffer;
}

const IN_COMMON = 't.field, t.domain, t.person_id, t.domain_key, t.uses_left';

/** The columns, and what they are grouped by; the condition comes in between. */
export const PACKED = {
  columns: `${IN_COMMON}, string_agg(t.token || int4send(octet_length(t.sealed)) || t.sealed, ''::bytea) AS packed`,
  by: IN_COMMON,
};

export function unpacked({ packed, ...row }: PackedRow): StoredToken[] {
  const { field, domain, person_id: personId, domain_key: domainKey, uses_left: usesLeft } = row;
  const tokens: StoredToken[] = [];
  for (let at = 0; at < packed.length; ) {
    const from = at + TOKEN_BYTES + 4;
    const end = from + packed.readUInt32BE(from - 4);
    const [token, sealed] = [packed.subarray(at, at + TOKEN_BYTES), packed.subarray(from, end)];
    tokens.push({ token, field, domain, personId, domainKey, sealed, usesLeft });
    at = end;
  }
  return tokens;
}
