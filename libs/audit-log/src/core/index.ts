/** The part of the audit log that needs neither a database nor a framework: what a verifier is made of. */
export {
  type Checkpoint,
  CheckpointInvalid,
  formatCheckpoint,
  openCheckpoint,
  parseCheckpoint,
  readCheckpointUnverified,
  signCheckpoint,
} from './checkpoint.js';
export {
  type Cosignature,
  checkpointTextOf,
  findCosignatures,
  generateWitnessKey,
  WitnessSigner,
  WitnessVerifier,
} from './cosignature.js';
export { isContinuedBy, signCheckpointWith } from './cross-sign.js';
export {
  type ExportEntry,
  type ExportHeader,
  formatCheckpointLine,
  formatEntry,
  formatHeader,
} from './export-format.js';
export { Frontier, type OnSubtree } from './frontier.js';
export { LinesBroken, splitLines } from './lines.js';
export { EMPTY_ROOT, HASH_BYTES, isSize, leafHash, nodeHash } from './merkle.js';
export { NoteInvalid, openNote, signNote } from './note.js';
export { generateNoteKey, NoteKeyInvalid, NoteSigner, NoteVerifier } from './note-key.js';
export { consistencyPath, inclusionPath, type Range, subtreeRoot } from './proof.js';
export { verifyConsistency, verifyInclusion } from './proof-verify.js';
export {
  formatBundle,
  formatTilePath,
  parseBundle,
  parseHashes,
  parseTilePath,
  TILE_HEIGHT,
  TILE_WIDTH,
  TileInvalid,
  type TileName,
  tileWidth,
} from './tile.js';
export { TileHashes, type TileSpan, tileSpans } from './tile-proof.js';
export { type VerifyOptions, verifyExport } from './verify-export.js';
export type { FaultCode, Refused, Verified, VerifyReport } from './verify-report.js';
