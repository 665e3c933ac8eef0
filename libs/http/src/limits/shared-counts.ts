import { Redis } from 'ioredis';
import { RateLimiterPostgres, RateLimiterRedis, type RateLimiterStoreAbstract } from 'rate-limiter-flexible';
import type { DataSource } from 'typeorm';

/**
 * What the replicas have counted together. Names are keyed digests with the number of the window, so a dump says neither who
 * nor what. Unlogged: counts of a minute are worth no WAL, and after a crash of PostgreSQL they begin anew.
 */
export const rateCountSchemaSql = `
CREATE UNLOGGED TABLE rate_count (
  key text NOT NULL CONSTRAINT rate_count_pk PRIMARY KEY,
  points integer NOT NULL,
  expire bigint
) WITH (fillfactor = 50);
CREATE INDEX rate_count_expire ON rate_count (expire);
`;

/** Counts that all replicas of an app share. */
export interface SharedCounts {
  /**
   * @param name of the count; it begins at nothing
   * @param points to add
   * @param seconds after which the count may go
   * @returns what all have counted under the name by now; rejects when the store is away
   */
  add(name: string, points: number, seconds: number): Promise<number>;
  close(): Promise<void>;
}

// The library compares with it, we don't: how much is too much differs by caller, and is decided before a count is sent.
const POINTS = 2_000_000_000;
const PREFIX = 'integument:rate';

/** In the app's own database; the library deletes what expired more than an hour ago every five minutes. */
export function postgresCounts(dataSource: DataSource): SharedCounts {
  const limiter = new RateLimiterPostgres({
    storeClient: dataSource,
    storeType: 'typeorm',
    tableName: 'rate_count',
    tableCreated: true,
    keyPrefix: '',
    points: POINTS,
    duration: 60,
  });
  return { add: adding(limiter), close: () => Promise.resolve() };
}

/** In Redis. */
export function redisCounts(url: string): SharedCounts {
  // Without a queue: what can't be counted now is counted here and sent later, with what has come by then.
  const client = new Redis(url, { enableOfflineQueue: false, maxRetriesPerRequest: 0 });
  // Without a listener a lost connection would end the process. It shows where a count can't be sent.
  client.on('error', () => undefined);
  const limiter = new RateLimiterRedis({
    storeClient: client,
    keyPrefix: PREFIX,
    points: POINTS,
    duration: 60,
  });
  return {
    add: adding(limiter),
    close: () => {
      client.disconnect();
      return Promise.resolve();
    },
  };
}

function adding(limiter: RateLimiterStoreAbstract): SharedCounts['add'] {
  return async (name, points, seconds) => {
    const { consumedPoints } = await limiter.penalty(name, points, { customDuration: seconds });
    return consumedPoints;
  };
}
