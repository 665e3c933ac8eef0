import { Limits, limitTable, postgresCounts } from '@integument/http';
import { Logger } from '@integument/telemetry';
import type { INestApplicationContext } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { VaultConfig } from '../config.js';
import { DomainKeys, SessionDigests, SessionSecret } from '../features/keys/index.js';

/** The limits of the public listener, counted in the vault's own database. */
export function vaultLimits(app: INestApplicationContext, config: VaultConfig): Limits {
  const keys = app.get(DomainKeys, { strict: false });
  const logger = app.get(Logger, { strict: false });
  return new Limits({
    table: limitTable(config),
    shared: postgresCounts(app.get(DataSource, { strict: false })),
    key: new SessionDigests(new SessionSecret(keys, 'integument/limits/v1')),
    onAway: (error) => logger.warn('requests are counted by this process alone', { error }),
  });
}
