import { type RegisterFile, registerFile } from './register-file.js';

const notice = (title: string) => ({ en: { title, text: `${title}, for a test.` } });

/** Whom tests are of. */
export const TEST_REGISTER: RegisterFile = registerFile.parse({
  controller: { name: 'Test Skin', address: 'A street 1', country: 'DE', email: 'privacy@example.test' },
  authority: { name: 'An authority', url: 'https://authority.example.test' },
  storedIn: ['DE'],
  purposes: {
    ingest: { notices: notice('Keep readings') },
    recommendation: { notices: notice('Recommend products') },
    analytics: { notices: notice('Count') },
    'fault-finding': { notices: notice('Find faults') },
  },
});
