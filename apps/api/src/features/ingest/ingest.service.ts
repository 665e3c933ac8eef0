import type { AuditLog } from '@integument/audit-log';
import {
  type BodyOf,
  CodedError,
  dayAfter,
  dayOf,
  type QueryOf,
  type Reading,
  type ReplyOf,
  type readReadings,
  STREAMS,
  type StreamName,
  type storeReadings,
} from '@integument/contracts';
import { context, open, seal } from '@integument/crypto';
import type { Tx } from '@integument/database';
import type { Asker } from '@integument/http';
import { byWithin } from '../../platform/callers.js';
import { keyedDigest, type Leave, subjectOf } from '../permits/index.js';
import { packReadings, unpackReadings } from './chunk-codec.js';
import { readingsRead, readingsStored } from './ingest.audit.js';
import type { Chunk, IngestStore } from './ingest.store.js';
import { type Page, pageOf, parseCursor } from './reading-page.js';

interface Batch {
  readonly key: Buffer;
  readonly chunkId: Buffer;
  readonly content: Buffer;
  readonly readings: readonly Reading[];
}

export class IngestService {
  constructor(
    private readonly store: IngestStore,
    private readonly audit: AuditLog,
  ) {}

  /**
   * Stores a batch, one chunk for each day it touches. The batch's id makes it repeatable: all of it is there, or none.
   * @throws CodedError `readings.batch_mismatch` where the id came before with other readings
   */
  async storeBatch(
    tx: Tx,
    asker: Asker,
    { gate, key }: Leave<'ingest'>,
    { batch, stream, readings }: BodyOf<typeof storeReadings>,
  ): Promise<ReplyOf<typeof storeReadings>> {
    const chunkId = keyedDigest(key, 'batch', batch);
    const content = keyedDigest(key, 'content', JSON.stringify(readings));
    const isNew = await this.insertDays(tx, gate.pseudonym, stream, { key, chunkId, content, readings });
    await this.audit.append(
      tx,
      readingsStored({
        ...byWithin(asker, 'ingest'),
        subject: subjectOf(gate),
        purpose: 'ingest',
        count: readings.length,
      }),
    );
    return isNew ? { stored: readings.length, duplicate: false } : { stored: 0, duplicate: true };
  }

  /** @returns false where the whole batch was there already */
  private async insertDays(tx: Tx, pseudonym: Buffer, stream: StreamName, batch: Batch): Promise<boolean> {
    const { key, chunkId, content, readings } = batch;
    const known = await this.store.findBatch(tx, pseudonym, stream, chunkId);
    if (known.some((chunk) => !chunk.content.equals(content))) throw batchMismatch();
    if (known.length > 0) return false;
    const chunks = [...byDay(readings)].map(([onDay, some]) => {
      const sealed = seal(key, packReadings(some), chunkPlace(pseudonym, stream, onDay, chunkId));
      return { onDay, chunkId, content, sealed };
    });
    // Another copy of the batch at the same time: we waited at the primary key until it committed. Everything of ours is
    // rolled back, and the sender's next try finds it stored.
    if ((await this.store.insert(tx, pseudonym, stream, chunks)) < chunks.length) throw batchRunning();
    return true;
  }

  async read(
    tx: Tx,
    asker: Asker,
    { gate, key }: Leave<'ingest'>,
    query: QueryOf<typeof readReadings>,
  ): Promise<ReplyOf<typeof readReadings>> {
    const page = await this.readPage(tx, gate.pseudonym, key, query);
    await this.audit.append(
      tx,
      readingsRead({
        ...byWithin(asker, 'ingest'),
        subject: subjectOf(gate),
        purpose: 'ingest',
        count: page.readings.length,
      }),
    );
    return { stream: query.stream, unit: STREAMS[query.stream], ...page };
  }

  /** Opens day after day until the page is full, however much a person has. */
  private async readPage(
    tx: Tx,
    pseudonym: Buffer,
    key: Buffer,
    { stream, from = FIRST, to = LAST, cursor, limit }: QueryOf<typeof readReadings>,
  ): Promise<Page> {
    const start = parseCursor(cursor);
    const first = Math.max(from, start.time);
    const readings: Reading[] = [];
    let day: string | null = dayOf(first);
    // One more than the page holds tells whether there is a next one.
    while (day !== null && readings.length <= start.delivered + limit) {
      const chunks = await this.store.findNextDay(tx, pseudonym, stream, day, dayOf(to));
      const some = chunks.flatMap((chunk) => openChunk(key, pseudonym, stream, chunk));
      readings.push(...inOrder(some.filter(([time]) => time >= first && time <= to)));
      day = chunks[0] ? dayAfter(chunks[0].onDay, 1) : null;
    }
    return pageOf(readings, start, limit);
  }
}

function inOrder(readings: Reading[]): Reading[] {
  return readings.sort(([a], [b]) => a - b);
}

/** Smallest and largest time a reading may have. */
const FIRST = Date.UTC(2000, 0, 1);
const LAST = Date.UTC(2100, 0, 1);

function openChunk(key: Buffer, pseudonym: Buffer, stream: StreamName, chunk: Chunk): Reading[] {
  return unpackReadings(open(key, chunk.sealed, chunkPlace(pseudonym, stream, chunk.onDay, chunk.chunkId)));
}

function chunkPlace(pseudonym: Buffer, stream: StreamName, onDay: string, chunkId: Buffer): Buffer {
  return context('reading_chunk', pseudonym, 'ingest', stream, onDay, chunkId);
}

function byDay(readings: readonly Reading[]): Map<string, Reading[]> {
  const days = new Map<string, Reading[]>();
  for (const reading of readings) {
    const day = dayOf(reading[0]);
    const some = days.get(day);
    if (some) some.push(reading);
    else days.set(day, [reading]);
  }
  return days;
}

const batchMismatch = () =>
  new CodedError('readings.batch_mismatch', 409, 'This batch id was used for other readings.');
const batchRunning = () =>
  new CodedError('readings.batch_running', 409, 'This batch is being stored by another request. Try again.');
