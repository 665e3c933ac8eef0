import { bytesKey } from '@integument/crypto';
import type { TokenHolder } from './sealed-token.js';

const NAME_BYTES = 16;
const ID_BYTES = 16;
const SUBJECT_BYTES = 32;

/** People under one key of the vault and in one region, in one row, as tokens are: see `PackedRow`. */
export interface PackedHolders {
  readonly domain_key: number;
  readonly region: string | null;
  /** for each: the name they were asked for by, person, subject, length of the wrapped key (4 bytes, big-endian), wrapped key */
  readonly packed: Buffer;
}

/** @param people SQL that gives rows of `person`, and the `name` they were asked for by */
export function packedHolders(people: string): string {
  return `
    WITH held AS MATERIALIZED (${people})
    SELECT domain_key, region, string_agg(
      name || person_id || subject || int4send(octet_length(wrapped_key)) || wrapped_key, ''::bytea) AS packed
    FROM held GROUP BY domain_key, region`;
}

/** @returns them by the name they were asked for by as a key */
export function unpackedHolders(rows: readonly PackedHolders[]): ReadonlyMap<string, TokenHolder> {
  const holders = new Map<string, TokenHolder>();
  for (const row of rows) {
    for (let at = 0; at < row.packed.length; ) {
      const { name, end, holder } = holderAt(row, at);
      holders.set(name, holder);
      at = end;
    }
  }
  return holders;
}

function holderAt({ packed, region, domain_key: domainKey }: PackedHolders, at: number) {
  const id = at + NAME_BYTES;
  const subject = id + ID_BYTES;
  const key = subject + SUBJECT_BYTES + 4;
  const end = key + packed.readUInt32BE(key - 4);
  const holder = {
    personId: packed.subarray(id, subject),
    subject: packed.subarray(subject, key - 4),
    region,
    domainKey,
    wrapped: packed.subarray(key, end),
  };
  return { name: bytesKey(packed.subarray(at, id)), end, holder };
}
