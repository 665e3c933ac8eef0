import { AuditLog } from '@integument/audit-log';
import { UnitOfWork } from '@integument/database';
import { provide } from '@integument/http';
import { Logger } from '@integument/telemetry';
import { Module } from '@nestjs/common';
import type { VaultConfig } from '../../config.js';
import { mailSettingsOf } from '../../mail-settings.js';
import { VAULT_CONFIG } from '../../platform/tokens.js';
import { Addressees, PeopleModule } from '../people/index.js';
import { LetterSender } from './letter-sender.js';
import { LettersController } from './letters.controller.js';
import { LettersService } from './letters.service.js';
import { LettersStore } from './letters.store.js';
import { Mailer } from './mailer.js';

/** The sender of letters; null where there is nowhere to send them, and they wait. */
export const LETTER_SENDER = Symbol('LetterSender');

@Module({
  imports: [PeopleModule],
  controllers: [LettersController],
  providers: [
    provide(LettersStore),
    {
      provide: LettersService,
      inject: [LettersStore, Addressees, AuditLog, VAULT_CONFIG],
      useFactory: (store: LettersStore, addressees: Addressees, audit: AuditLog, config: VaultConfig) =>
        new LettersService(store, addressees, audit, config.LETTERS_LANGUAGE),
    },
    {
      provide: LETTER_SENDER,
      inject: [LettersStore, Addressees, AuditLog, UnitOfWork, Logger, VAULT_CONFIG],
      useFactory: (
        store: LettersStore,
        addressees: Addressees,
        audit: AuditLog,
        unitOfWork: UnitOfWork,
        logger: Logger,
        config: VaultConfig,
      ) => {
        const settings = mailSettingsOf(config);
        if (!settings) return null;
        const mailer = new Mailer(settings);
        const portal = config.WEB_ORIGIN;
        return new LetterSender({ store, addressees, mailer, audit, unitOfWork, logger, portal });
      },
    },
  ],
  exports: [LettersService, LettersStore, LETTER_SENDER],
})
export class LettersModule {}
