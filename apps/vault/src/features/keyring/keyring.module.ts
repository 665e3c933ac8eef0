import { Module } from '@nestjs/common';
import type { VaultConfig } from '../../config.js';
import { VAULT_CONFIG } from '../../platform/tokens.js';
import { KEK_KEYRING, KEYRING, type Keyring } from './keyring.js';
import { KeyringPulse } from './keyring-pulse.js';
import { graceMs, openKekKeyring, openKeyring } from './open-keyring.js';

@Module({
  providers: [
    { provide: KEYRING, inject: [VAULT_CONFIG], useFactory: openKeyring },
    { provide: KEK_KEYRING, inject: [KEYRING, VAULT_CONFIG], useFactory: openKekKeyring },
    {
      provide: KeyringPulse,
      inject: [KEYRING, VAULT_CONFIG],
      useFactory: (keyring: Keyring, config: VaultConfig) =>
        new KeyringPulse(keyring, { graceMs: graceMs(config) }),
    },
  ],
  exports: [KEYRING, KEK_KEYRING, KeyringPulse],
})
export class KeyringModule {}
