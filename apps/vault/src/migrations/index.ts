import type { MigrationInterface } from 'typeorm';

/** Every migration of the vault database, in the order of their numbers. */
export const vaultMigrations: (new () => MigrationInterface)[] = [];
