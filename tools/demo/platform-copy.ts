import { context, encodeId, open, SealBroken } from '@integument/crypto';
import type { DatabaseInfo } from '@integument/testing';
import { onDatabase } from './remains.js';

/** Something sealed in a copy of the platform's database, with the place that it is bound to. */
export interface Sealed {
  readonly kind: 'readings' | 'event' | 'model';
  readonly bytes: Buffer;
  readonly place: Buffer;
}

export interface CopiedGate {
  readonly gate: string;
  readonly purpose: string;
  /** null for a gate that has none, or none any more */
  readonly pseudonym: string | null;
}

/** What somebody has who copied the platform's database: a backup, a dump, a stolen disk. */
export interface PlatformCopy {
  readonly gates: readonly CopiedGate[];
  /** by pseudonym */
  readonly sealed: ReadonlyMap<string, readonly Sealed[]>;
  readonly models: readonly { readonly modelKey: string; readonly sealed: Sealed }[];
}

export function copyPlatform(info: DatabaseInfo): Promise<PlatformCopy> {
  return onDatabase(info, async (client) => {
    // One snapshot of everything, as a dump takes it.
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    const rows = async <Row extends object>(sql: string) => (await client.query<Row>(sql)).rows;
    const gates = await rows<GateRow>('SELECT gate_id, purpose, pseudonym FROM permit_gate');
    const chunks = await rows<ChunkRow>(
      'SELECT pseudonym, stream, on_day::text, chunk_id, sealed FROM reading_chunk',
    );
    const events = await rows<EventRow>('SELECT pseudonym, event_id, sealed FROM preference_event');
    const models = await rows<ModelRow>('SELECT model_key, sealed FROM model_snapshot');
    await client.query('COMMIT');
    return {
      gates: gates.map(toGate),
      sealed: byPseudonym([...chunks.map(fromChunk), ...events.map(fromEvent)]),
      models: models.map(toModel),
    };
  });
}

/** @returns null where the key is not the one, which is all that the seal says */
export function tryOpen(key: Buffer, { bytes, place }: Sealed): Buffer | null {
  try {
    return open(key, bytes, place);
  } catch (error) {
    if (error instanceof SealBroken) return null;
    throw error;
  }
}

interface GateRow {
  gate_id: Buffer;
  purpose: string;
  pseudonym: Buffer | null;
}

interface ChunkRow {
  pseudonym: Buffer;
  stream: string;
  on_day: string;
  chunk_id: Buffer;
  sealed: Buffer;
}

interface EventRow {
  pseudonym: Buffer;
  event_id: Buffer;
  sealed: Buffer;
}

interface ModelRow {
  model_key: Buffer;
  sealed: Buffer;
}

type Owned = readonly [pseudonym: string, sealed: Sealed];

function toGate({ gate_id, purpose, pseudonym }: GateRow): CopiedGate {
  return { gate: encodeId('gat', gate_id), purpose, pseudonym: pseudonym && encodeId('psn', pseudonym) };
}

function fromChunk({ pseudonym, stream, on_day, chunk_id, sealed }: ChunkRow): Owned {
  const place = context('reading_chunk', pseudonym, 'ingest', stream, on_day, chunk_id);
  return [encodeId('psn', pseudonym), { kind: 'readings', bytes: sealed, place }];
}

function fromEvent({ pseudonym, event_id, sealed }: EventRow): Owned {
  const place = context('preference_event', pseudonym, 'recommendation', event_id);
  return [encodeId('psn', pseudonym), { kind: 'event', bytes: sealed, place }];
}

function toModel({ model_key, sealed }: ModelRow): PlatformCopy['models'][number] {
  const place = context('model_snapshot', model_key);
  return { modelKey: encodeId('mdk', model_key), sealed: { kind: 'model', bytes: sealed, place } };
}

function byPseudonym(owned: readonly Owned[]): Map<string, Sealed[]> {
  const map = new Map<string, Sealed[]>();
  for (const [pseudonym, sealed] of owned) {
    const others = map.get(pseudonym);
    if (others) others.push(sealed);
    else map.set(pseudonym, [sealed]);
  }
  return map;
}
