import { answerQuestions } from '../side-process.js';
import { Connection } from './connection.js';
import type { LoadOrder, LoadResult } from './load.js';

async function put({ port, connections, requests, count, status }: LoadOrder): Promise<LoadResult> {
  const open = await Promise.all(Array.from({ length: connections }, () => Connection.open(port)));
  let sent = 0;
  const started = process.hrtime.bigint();
  try {
    await Promise.all(
      open.map(async (connection) => {
        while (sent < count) {
          const request = requests[sent++ % requests.length] as Buffer;
          const answered = await connection.send(request);
          if (answered !== status) throw new Error(`answered with ${answered} instead of ${status}`);
        }
      }),
    );
    return { seconds: Number(process.hrtime.bigint() - started) / 1e9 };
  } finally {
    for (const connection of open) connection.close();
  }
}

answerQuestions(put);
