import {
  AuditLog,
  AuditPulse,
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
import { AuditDuties } from './audit-duties.js';
import { AuditedRefusals } from './audited-refusals.js';
import { StrangerCounts } from './stranger-counts.js';

export interface AuditSettings {
  /** text of the key file, see `readSigningKey` */
  readonly signingKey: string;
  /** the same of the key that it replaces, see `IntegratorOptions.retired` */
  readonly retiredKey?: string | undefined;
  /** name of the log */
  readonly origin: string;
  /** how long entries may wait unsigned */
  readonly stallSeconds: number;
}

/** An app's audit log, wired. Needs `UnitOfWork` and `Logger`. */
export function auditProviders(settings: AuditSettings): Provider[] {
  const { signingKey, retiredKey, origin, stallSeconds } = settings;
  return [
    {
      provide: AuditPulse,
      inject: [UnitOfWork, Logger],
      useFactory: (unitOfWork: UnitOfWork, logger: Logger) =>
        new AuditPulse({
          unitOfWork,
          patienceMs: stallSeconds * 1_000,
          onChange: (stalled) => {
            if (stalled) logger.error('the audit log is not being signed; refusing what needs an entry');
            else logger.warn('the audit log is being signed again');
          },
        }),
    },
    {
      provide: AuditLog,
      inject: [AuditPulse],
      useFactory: (pulse: AuditPulse) => new AuditLog(undefined, pulse.isStalled),
    },
    provide(AuditReader, UnitOfWork),
    provide(AuditedRefusals, AuditLog, UnitOfWork, StrangerCounts),
    {
      provide: StrangerCounts,
      inject: [AuditLog, UnitOfWork, Logger],
      useFactory: (audit: AuditLog, unitOfWork: UnitOfWork, logger: Logger) =>
        new StrangerCounts(audit, unitOfWork, (error) =>
          logger.error('counts of strangers could not be written', { error }),
        ),
    },
    provide(TreeReader, UnitOfWork),
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
    provide(AuditDuties, Integrator, AuditPulse, StrangerCounts),
  ];
}

export const AUDIT_EXPORTS: InjectionToken[] = [
  AuditLog,
  AuditPulse,
  AuditReader,
  TreeReader,
  AuditedRefusals,
  NoteSigner,
  Integrator,
  AuditDuties,
];
