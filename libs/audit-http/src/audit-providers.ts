import {
  AuditLog,
  AuditReader,
  AuditReports,
  EntryIndex,
  EntryQuery,
  Follower,
  INDEX_FOLLOWER,
  Integrator,
  NoteSigner,
  readSigningKey,
} from '@integument/audit-log';
import { UnitOfWork } from '@integument/database';
import { provide } from '@integument/http';
import { Logger } from '@integument/telemetry';
import type { InjectionToken, Provider } from '@nestjs/common';
import { AuditFollowers } from './audit-followers.js';
import { AuditedRefusals } from './audited-refusals.js';
import { ProofSource } from './proof-source.js';
import { ScannedTree } from './scanned-tree.js';

export interface AuditSettings {
  /** text of the key file, see `readSigningKey` */
  readonly signingKey: string;
  /** name of the log */
  readonly origin: string;
}

/** An app's audit log, wired. Needs `UnitOfWork` and `Logger`. */
export function auditProviders({ signingKey, origin }: AuditSettings): Provider[] {
  return [
    { provide: AuditLog, useFactory: () => new AuditLog() },
    provide(AuditReader, UnitOfWork),
    provide(EntryQuery, UnitOfWork),
    provide(AuditReports, UnitOfWork),
    {
      provide: ProofSource,
      inject: [UnitOfWork],
      useFactory: (unitOfWork: UnitOfWork) => new ScannedTree(unitOfWork),
    },
    provide(AuditedRefusals, AuditLog, UnitOfWork),
    { provide: NoteSigner, useFactory: () => readSigningKey(signingKey, origin) },
    {
      provide: Integrator,
      inject: [UnitOfWork, NoteSigner, Logger],
      useFactory: (unitOfWork: UnitOfWork, signer: NoteSigner, logger: Logger) =>
        new Integrator({
          unitOfWork,
          signer,
          onError: (error) => logger.error('audit integration failed', { error }),
        }),
    },
    {
      provide: AuditFollowers,
      inject: [UnitOfWork, Logger],
      useFactory: (unitOfWork: UnitOfWork, logger: Logger) =>
        new AuditFollowers(followers(unitOfWork, logger)),
    },
  ];
}

/** What follows the log in both apps. */
function followers(unitOfWork: UnitOfWork, logger: Logger): Follower[] {
  const onError = (component: string) => (error: unknown) =>
    logger.error('an audit follower failed', { component, error });
  return [
    new Follower({
      unitOfWork,
      name: INDEX_FOLLOWER,
      begin: 'first',
      follow: new EntryIndex(unitOfWork).follow,
      onError: onError(INDEX_FOLLOWER),
    }),
  ];
}

export const AUDIT_EXPORTS: InjectionToken[] = [
  AuditLog,
  AuditReader,
  EntryQuery,
  AuditReports,
  ProofSource,
  AuditFollowers,
  AuditedRefusals,
  NoteSigner,
  Integrator,
];
