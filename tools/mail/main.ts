import { Catcher } from './catcher.js';
import { createPageServer } from './page.js';

const HOST = '127.0.0.1';

const catcher = new Catcher();
const page = createPageServer(() => catcher.letters);
await catcher.listen(portOf('MAIL_CATCHER_PORT'), HOST);
page.listen(portOf('MAIL_PAGE_PORT'), HOST, () => console.log('catching mail'));

process.once('SIGTERM', () => {
  page.close();
  page.closeAllConnections();
  void catcher.close();
});

function portOf(setting: string): number {
  const port = Number(process.env[setting]);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new Error(`${setting} is wrong`);
  return port;
}
