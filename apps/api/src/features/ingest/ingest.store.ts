import type { StreamName } from '@integument/contracts';
import { byteaArray, type Tx, textArray } from '@integument/database';
import type { PurposeData } from '../permits/index.js';

export interface Chunk {
  readonly onDay: string;
  readonly chunkId: Buffer;
  readonly content: Buffer;
  readonly sealed: Buffer;
}

interface ChunkRow {
  on_day: string;
  chunk_id: Buffer;
  content: Buffer;
  sealed: Buffer;
}

export class IngestStore implements PurposeData {
  readonly purpose = 'ingest';

  /** All in one statement: a batch may touch thousands of days. @returns how many were not there already */
  async insert(tx: Tx, pseudonym: Buffer, stream: StreamName, chunks: readonly Chunk[]): Promise<number> {
    const rows = await tx.query(
      {
        name: 'ingest.insert',
        text: `INSERT INTO reading_chunk (pseudonym, stream, on_day, chunk_id, content, sealed)
               SELECT $1, $2, day::date, chunk, content, sealed
               FROM unnest($3::text[], $4::bytea[], $5::bytea[], $6::bytea[]) AS new (day, chunk, content, sealed)
               ON CONFLICT DO NOTHING RETURNING 1`,
      },
      [
        pseudonym,
        stream,
        textArray(chunks.map(({ onDay }) => onDay)),
        byteaArray(chunks.map(({ chunkId }) => chunkId)),
        byteaArray(chunks.map(({ content }) => content)),
        byteaArray(chunks.map(({ sealed }) => sealed)),
      ],
    );
    return rows.length;
  }

  /** What the batch stored before, day by day. */
  async findBatch(tx: Tx, pseudonym: Buffer, stream: StreamName, chunkId: Buffer): Promise<Chunk[]> {
    const rows = await tx.query<ChunkRow>(
      `SELECT on_day::text, chunk_id, content, sealed FROM reading_chunk
       WHERE pseudonym = $1 AND stream = $2 AND chunk_id = $3`,
      [pseudonym, stream, chunkId],
    );
    return rows.map(toChunk);
  }

  /** All chunks of the first day in that span which has any. */
  async findNextDay(
    tx: Tx,
    pseudonym: Buffer,
    stream: StreamName,
    from: string,
    to: string,
  ): Promise<Chunk[]> {
    const rows = await tx.query<ChunkRow>(
      {
        name: 'ingest.find_next_day',
        text: `SELECT on_day::text, chunk_id, content, sealed FROM reading_chunk
               WHERE pseudonym = $1 AND stream = $2 AND on_day = (
                 SELECT min(on_day) FROM reading_chunk
                 WHERE pseudonym = $1 AND stream = $2 AND on_day BETWEEN $3 AND $4)`,
      },
      [pseudonym, stream, from, to],
    );
    return rows.map(toChunk);
  }

  async erase(tx: Tx, pseudonym: Buffer): Promise<void> {
    await tx.query('DELETE FROM reading_chunk WHERE pseudonym = $1', [pseudonym]);
  }
}

function toChunk(row: ChunkRow): Chunk {
  return { onDay: row.on_day, chunkId: row.chunk_id, content: row.content, sealed: row.sealed };
}
