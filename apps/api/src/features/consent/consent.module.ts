import { AuditLog } from '@integument/audit-log';
import { Outbox, UnitOfWork } from '@integument/database';
import { provide } from '@integument/http';
import { Logger } from '@integument/telemetry';
import { Module } from '@nestjs/common';
import type { ApiConfig } from '../../config.js';
import { API_CONFIG } from '../../platform/tokens.js';
import { VaultClient } from '../../platform/vault-client.js';
import { HoldsModule, HoldsStore } from '../holds/index.js';
import { PermitKeys, PermitsModule, PermitsStore } from '../permits/index.js';
import { Register, RegisterModule } from '../register/index.js';
import { SessionsModule, SessionsService } from '../sessions/index.js';
import { ConsentController } from './consent.controller.js';
import { ConsentService } from './consent.service.js';
import { ConsentStore } from './consent.store.js';
import { ConsentEnding } from './consent-ending.js';
import { ConsentExpiry } from './consent-expiry.js';
import { ConsentLetters } from './consent-letters.js';
import { ConsentReader } from './consent-reader.js';
import { ConsentReceipts } from './consent-receipts.js';
import { GateReconciler } from './gate-reconciler.js';
import { GuardianshipEndings } from './guardianship-endings.js';
import { KnownPermits } from './known-permits.js';
import { ReceiptKeysStore, ReceiptSigner } from './receipt-keys.js';
import { TakingBack } from './taking-back.js';
import { UnaskedBeginnings } from './unasked-beginnings.js';

@Module({
  imports: [PermitsModule, HoldsModule, RegisterModule, SessionsModule],
  controllers: [ConsentController],
  providers: [
    provide(ConsentStore),
    provide(UnaskedBeginnings),
    provide(KnownPermits, VaultClient),
    provide(
      ConsentReader,
      PermitsStore,
      ConsentStore,
      HoldsStore,
      KnownPermits,
      ConsentReceipts,
      AuditLog,
      UnitOfWork,
    ),
    provide(ReceiptKeysStore),
    provide(ConsentEnding, PermitsStore, ConsentStore, Outbox),
    provide(ConsentReceipts, Register, ReceiptSigner, PermitKeys, ConsentStore, UnitOfWork, Logger),
    provide(
      ConsentExpiry,
      PermitsStore,
      ConsentEnding,
      ConsentReceipts,
      PermitKeys,
      Outbox,
      AuditLog,
      UnitOfWork,
    ),
    provide(GuardianshipEndings, ConsentExpiry, PermitsStore, VaultClient, UnitOfWork),
    provide(ConsentLetters, PermitsStore, VaultClient, AuditLog, UnitOfWork),
    provide(
      ConsentService,
      PermitsStore,
      ConsentStore,
      SessionsService,
      VaultClient,
      KnownPermits,
      Register,
      ConsentEnding,
      ConsentReceipts,
      UnaskedBeginnings,
      AuditLog,
      UnitOfWork,
    ),
    provide(
      TakingBack,
      PermitsStore,
      ConsentStore,
      PermitKeys,
      VaultClient,
      KnownPermits,
      Register,
      ConsentEnding,
      ConsentReceipts,
      Outbox,
      AuditLog,
      UnitOfWork,
    ),
    {
      provide: ReceiptSigner,
      inject: [API_CONFIG, ReceiptKeysStore, UnitOfWork],
      useFactory: async (config: ApiConfig, store: ReceiptKeysStore, unitOfWork: UnitOfWork) => {
        const signer = await ReceiptSigner.of(config.RECEIPT_KEY_FILE);
        await store.publish(unitOfWork, signer);
        return signer;
      },
    },
    {
      provide: GateReconciler,
      inject: [PermitsStore, ConsentEnding, UnitOfWork, API_CONFIG],
      useFactory: (gates: PermitsStore, ending: ConsentEnding, unitOfWork: UnitOfWork, config: ApiConfig) =>
        new GateReconciler(gates, ending, unitOfWork, config.GATE_PATIENCE_SECONDS * 1_000),
    },
  ],
  exports: [
    KnownPermits,
    TakingBack,
    UnaskedBeginnings,
    ConsentExpiry,
    GuardianshipEndings,
    ConsentLetters,
    ConsentStore,
    GateReconciler,
  ],
})
export class ConsentModule {}
