import { readConfig } from './config.js';
import { createServer } from './server.js';

const config = readConfig(process.env);
const server = await createServer(config);
await server.listen({ host: config.host, port: config.port });

for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void server.close());
