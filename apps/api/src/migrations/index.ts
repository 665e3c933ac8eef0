import type { MigrationInterface } from 'typeorm';

/** Every migration of the platform database, in the order of their numbers. */
export const platformMigrations: (new () => MigrationInterface)[] = [];
