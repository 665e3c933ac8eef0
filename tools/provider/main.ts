import { createProviderServer } from './server.js';
import { readProviderSettings } from './settings.js';

const file = process.env.PROVIDER_FILE;
if (!file) throw new Error('PROVIDER_FILE is missing');
const settings = readProviderSettings(file);
const server = createProviderServer(settings);
server.listen(settings.port, '127.0.0.1', () => console.log(`listening as ${settings.issuer}`));

process.once('SIGTERM', () => {
  server.close();
  server.closeAllConnections();
});
