/** The part of the audit log that needs neither a database nor a framework: what a verifier is made of. */
export type { ReadArchive } from './archive.js';
export {
  type Checkpoint,
  CheckpointInvalid,
  formatCheckpoint,
  openCheckpoint,
  parseCheckpoint,
  readCheckpointUnverified,
  signCheckpoint,
  signHandover,
} from './checkpoint.js';
export { isContinuedBy } from './continued-by.js';
export {
  type Cosignature,
  checkpointTextOf,
  findCosignatures,
  generateWitnessKey,
  WitnessSigner,
  WitnessVerifier,
} from './cosignature.js';
export { type CsvValue, csvLines } from './csv-lines.js';
export { ENTRY_COLUMNS, entryCells } from './entry-columns.js';
export {
  type ExportEntry,
  type ExportHeader,
  type ExportKey,
  formatCheckpointLine,
  formatEntry,
  formatHeader,
} from './export-format.js';
export { type ExportStream, openExport } from './export-stream.js';
export { Frontier, type OnSubtree } from './frontier.js';
export { isRotation, KeyChain, type KeyLink, keyDigest, ROTATE_KEY, rotationDetails } from './key-chain.js';
export { LineSplitter, LinesBroken, splitLines, type TakeLine } from './lines.js';
export { EMPTY_ROOT, HASH_BYTES, isSize, leafHash, nodeHash } from './merkle.js';
export { NoteInvalid, openNote, signNote } from './note.js';
export { generateNoteKey, NoteKeyInvalid, NoteSigner, NoteVerifier } from './note-key.js';
export { fromBase64 } from './primitives.js';
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
export { verifyArchive, verifyArchiveSteps } from './verify-archive.js';
export { verifyContinuation } from './verify-continuation.js';
export { verifyExport, verifyExportSteps } from './verify-export.js';
export type { ExportOptions, VerifyOptions, WitnessOptions } from './verify-options.js';
export type {
  Cosigned,
  Evidence,
  FaultCode,
  Newer,
  Refused,
  Verified,
  VerifyReport,
} from './verify-report.js';
