import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * A numbered migration of plain SQL. Never edited once landed; expand before contract. There is no way down: a restore
 * or a new migration goes there.
 */
export function migration(number: number, title: string, sql: string): new () => MigrationInterface {
  // TypeORM orders by the last 13 characters of the name.
  const name = `${title}-${String(number).padStart(13, '0')}`;
  return class implements MigrationInterface {
    readonly name = name;
    async up(runner: QueryRunner): Promise<void> {
      await runner.query(sql);
    }
    down(): Promise<void> {
      throw new Error(`migration ${name} has no way back`);
    }
  };
}
