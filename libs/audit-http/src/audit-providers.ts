import {
  AuditLog,
  AuditReader,
  Integrator,
  NoteSigner,
  readSigningKey,
  TreeReader,
} from '@integument/audit-log';
import { UnitOfWork } from '@integument/database';
import { provide } from '@integument/http';
import { Logger } from '@integument/telemetry';
import type { InjectionToken, Provider } from '@nestjs/common';
import { AuditedRefusals } from './audited-refusals.js';

export interface AuditSettings {
  /** text of the key file, see `readSigningKey` */
  readonly signingKey: string;
  /** the same of the key that it replaces, see `IntegratorOptions.retired` */
  readonly retiredKey?: string | undefined;
  /** name of the log */
  readonly origin: string;
}

/** An app's audit log, wired. Needs `UnitOfWork` and `Logger`. */
export function auditProviders({ signingKey, retiredKey, origin }: AuditSettings): Provider[] {
  return [
    { provide: AuditLog, useFactory: () => new AuditLog() },
    provide(AuditReader, UnitOfWork),
    provide(TreeReader, UnitOfWork),
    provide(AuditedRefusals, AuditLog, UnitOfWork),
    { provide: NoteSigner, useFactory: () => readSigningKey(signingKey, origin) },
    {
      provide: Integrator,
      inject: [UnitOfWork, NoteSigner, Logger],
      useFactory: (unitOfWork: UnitOfWork, signer: NoteSigner, logger: Logger) =>
        new Integrator({
          unitOfWork,
          signer,
          retired: retiredKey === undefined ? undefined : readSigningKey(retiredKey, origin),
          onError: (error) => logger.error('audit integration failed', { error }),
        }),
    },
  ];
}

export const AUDIT_EXPORTS: InjectionToken[] = [
  AuditLog,
  AuditReader,
  TreeReader,
  AuditedRefusals,
  NoteSigner,
  Integrator,
];
