/**
 * Where proofs and tiles come from: `TreeReader` of libs/audit-log. An abstract class and no interface, so that it can name what is
 * to be injected. What it throws with the code `audit.not_in_tree` isn't there (yet); with `audit.entries_archived` it left.
 */
export abstract class ProofSource {
  /** @returns hashes of 32 bytes, the entry's neighbour first (RFC 6962 section 2.1.1) */
  abstract inclusion(position: number, size: number): Promise<Uint8Array[]>;
  /** @returns hashes of 32 bytes (RFC 6962 section 2.1.2) */
  abstract consistency(from: number, to: number): Promise<Uint8Array[]>;
  /** @returns `width` times 32 bytes */
  abstract hashTile(level: number, index: number, width: number): Promise<Uint8Array>;
  /** @returns a bundle of `width` entries (C2SP tlog-tiles) */
  abstract bundle(index: number, width: number): Promise<Uint8Array>;
}
