import pg from 'pg';

/** Where statements go, and how many at a time. */
export interface Where {
  readonly database: string;
  readonly concurrent: number;
  /** whether the statements of one connection are sent without waiting for each other */
  readonly pipeline?: boolean;
}

/** Sends everything that waits. All of it is there, and every connection open, before the clock starts. */
export async function timed<Statement>(
  { database, concurrent, pipeline = false }: Where,
  waiting: Statement[],
  send: (client: pg.Client, statement: Statement) => Promise<unknown>,
): Promise<{ seconds: number }> {
  const clients = await Promise.all(
    Array.from({ length: concurrent }, () => connect(database, { pipeline })),
  );
  const started = process.hrtime.bigint();
  await Promise.all(
    clients.map(async (client) => {
      for (let one = waiting.pop(); one !== undefined; one = waiting.pop()) await send(client, one);
    }),
  );
  const seconds = Number(process.hrtime.bigint() - started) / 1e9;
  await Promise.all(clients.map((client) => client.end()));
  return { seconds };
}

export async function connect(database: string, { pipeline = false } = {}): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: database, pipeline });
  await client.connect();
  return client;
}
