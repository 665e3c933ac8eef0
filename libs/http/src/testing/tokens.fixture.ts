/** What signs tokens and proofs, for tests elsewhere. */
export { ClientKey } from './client-key.js';
export { ISSUER, KeyServer } from './key-server.js';
export { PUBLIC_URL } from './test-app.js';
