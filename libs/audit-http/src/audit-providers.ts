import {
  AuditLog,
  AuditPulse,
  AuditReader,
  AuditReports,
  Checkpoints,
  EntryQuery,
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
import { AuditFollowers } from './audit-followers.js';
import { AuditedRefusals } from './audited-refusals.js';
import { LogReads, type LogReadsOptions } from './log-reads.js';
import type { LogSettings } from './log-settings.js';
import { StrangerCounts } from './stranger-counts.js';

export interface AuditSettings {
  /** text of the key file, see `readSigningKey` */
  readonly signingKey: string;
  /** the same of the key that it replaces, see `IntegratorOptions.retired` */
  readonly retiredKey?: string | undefined;
  /** name of the log */
  readonly origin: string;
  /** what both apps' settings say of their logs */
  readonly config: LogSettings;
  /** where the log is, for those who only read it */
  readonly reads: LogReadsOptions;
}

/** An app's audit log, wired. Needs `UnitOfWork` and `Logger`. */
export function auditProviders({ signingKey, retiredKey, origin, config, reads }: AuditSettings): Provider[] {
  return [
    ...writing(config),
    ...reading(reads),
    { provide: NoteSigner, useFactory: () => readSigningKey(signingKey, origin) },
    {
      provide: Integrator,
      inject: [UnitOfWork, NoteSigner, Logger],
      useFactory: (unitOfWork: UnitOfWork, signer: NoteSigner, logger: Logger) =>
        new Integrator({
          unitOfWork,
          signer,
          ...(retiredKey !== undefined && { retired: readSigningKey(retiredKey, origin) }),
          onError: (error) => logger.error('audit integration failed', { error }),
        }),
    },
    {
      provide: AuditFollowers,
      inject: [UnitOfWork, AuditLog, Logger],
      useFactory: (unitOfWork: UnitOfWork, audit: AuditLog, logger: Logger) =>
        AuditFollowers.of(config, { unitOfWork, tree: new TreeReader(unitOfWork), audit, logger, origin }),
    },
    provide(AuditDuties, Integrator, AuditFollowers, AuditPulse, StrangerCounts),
  ];
}

function writing({ AUDIT_STALL_SECONDS }: LogSettings): Provider[] {
  return [
    {
      provide: AuditPulse,
      inject: [UnitOfWork, Logger],
      useFactory: (unitOfWork: UnitOfWork, logger: Logger) =>
        new AuditPulse({
          unitOfWork,
          patienceMs: AUDIT_STALL_SECONDS * 1_000,
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
    provide(AuditedRefusals, AuditLog, UnitOfWork, StrangerCounts),
    {
      provide: StrangerCounts,
      inject: [AuditLog, UnitOfWork, Logger],
      useFactory: (audit: AuditLog, unitOfWork: UnitOfWork, logger: Logger) =>
        new StrangerCounts(audit, unitOfWork, (error) =>
          logger.error('counts of strangers could not be written', { error }),
        ),
    },
  ];
}

function reading(reads: LogReadsOptions): Provider[] {
  return [
    { provide: LogReads, useFactory: () => LogReads.open(reads) },
    ...[AuditReader, TreeReader, EntryQuery, AuditReports, Checkpoints].map((reader) =>
      provide<unknown>(reader, LogReads),
    ),
  ];
}

export const AUDIT_EXPORTS: InjectionToken[] = [
  AuditLog,
  AuditPulse,
  AuditReader,
  TreeReader,
  EntryQuery,
  AuditReports,
  Checkpoints,
  AuditFollowers,
  AuditedRefusals,
  NoteSigner,
  Integrator,
  AuditDuties,
  LogReads,
];
