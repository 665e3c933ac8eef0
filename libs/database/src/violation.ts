const UNIQUE = '23505';
const FOREIGN_KEY = '23503';

/** Whether PostgreSQL refused a row because of this unique constraint or index, or this foreign key. */
export function violates(error: unknown, constraint: string): boolean {
  const { code, constraint: named } = (error ?? {}) as { code?: unknown; constraint?: unknown };
  return (code === UNIQUE || code === FOREIGN_KEY) && named === constraint;
}
