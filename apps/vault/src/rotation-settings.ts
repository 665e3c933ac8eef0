import { z } from 'zod';

const days = z.coerce.number().int().min(1).max(365);

/** How long keys live. Together: how long after an erasure a stolen backup of the vault's database can still be read. */
export const rotationSettings = {
  KEY_ROTATION_DAYS: days
    .default(30)
    .describe('Days after which each domain key, and the embedded root key, is rotated'),
  KEY_DESTROY_AFTER_DAYS: days
    .default(30)
    .describe(
      'Days after a rotation at which the version before is destroyed: as long as backups are kept to be restored',
    ),
};

export interface KeyLives {
  readonly rotationDays: number;
  readonly destroyAfterDays: number;
  /** sealings under one version at which the next is begun */
  readonly mostUses: number;
}

/**
 * Half of what random IVs allow (NIST SP 800-38D, 8.3), less what may be sealed from when the next version is begun until it has taken
 * over: a million a second, which is more than one process's cipher gives and far more than one database writes down, for over two
 * minutes. That takes some 75 seconds, and as long as a transaction is open that was begun before.
 */
const MOST_USES = 2 ** 31 - 2 ** 27;

export function keyLives(config: z.output<z.ZodObject<typeof rotationSettings>>): KeyLives {
  return {
    rotationDays: config.KEY_ROTATION_DAYS,
    destroyAfterDays: config.KEY_DESTROY_AFTER_DAYS,
    mostUses: MOST_USES,
  };
}
