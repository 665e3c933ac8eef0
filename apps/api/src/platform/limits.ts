import { deriveKey } from '@integument/crypto';
import { Limits, limitTable, postgresCounts, redisCounts } from '@integument/http';
import { Logger } from '@integument/telemetry';
import type { INestApplicationContext } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { ApiConfig } from '../config.js';

/** The limits of the API, counted where its jobs wait: in Redis, or in the platform's database. */
export function apiLimits(app: INestApplicationContext, config: ApiConfig): Limits {
  const logger = app.get(Logger, { strict: false });
  const onAway = (error: unknown) => logger.warn('requests are counted by this process alone', { error });
  const { QUEUE_URL } = config;
  return new Limits({
    table: limitTable(config),
    shared: QUEUE_URL?.startsWith('redis')
      ? redisCounts(QUEUE_URL)
      : postgresCounts(app.get(DataSource, { strict: false })),
    key: deriveKey(config.PLATFORM_SECRET_FILE, 'integument/limits/v1'),
    onAway,
  });
}
