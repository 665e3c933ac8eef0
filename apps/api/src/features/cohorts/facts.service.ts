import type { AuditLog } from '@integument/audit-log';
import type { CohortFacts, ReplyOf, readCohortFacts, storeCohortFacts } from '@integument/contracts';
import type { Tx } from '@integument/database';
import type { Asker } from '@integument/http';
import { byWithin } from '../../platform/callers.js';
import { type Leave, subjectOf } from '../permits/index.js';
import { factsRead, factsStored } from './cohorts.audit.js';
import type { CohortsStore } from './cohorts.store.js';
import { openFacts, sealFacts } from './sealed-facts.js';

/** What a person is counted by: theirs to say, to read and to say anew. */
export class FactsService {
  constructor(
    private readonly store: CohortsStore,
    private readonly audit: AuditLog,
  ) {}

  async put(
    tx: Tx,
    asker: Asker,
    { gate, key }: Leave<'analytics'>,
    facts: CohortFacts,
  ): Promise<ReplyOf<typeof storeCohortFacts>> {
    await this.store.put(tx, gate.pseudonym, sealFacts(key, gate.pseudonym, facts));
    await this.audit.append(tx, factsStored(this.about(asker, gate)));
    return { stored: true };
  }

  async read(
    tx: Tx,
    asker: Asker,
    { gate, key }: Leave<'analytics'>,
  ): Promise<ReplyOf<typeof readCohortFacts>> {
    const sealed = await this.store.find(tx, gate.pseudonym);
    await this.audit.append(tx, factsRead(this.about(asker, gate)));
    return { facts: sealed && openFacts(key, gate.pseudonym, sealed) };
  }

  private about(asker: Asker, gate: Leave<'analytics'>['gate']) {
    return { ...byWithin(asker, 'analytics'), subject: subjectOf(gate), purpose: 'analytics' } as const;
  }
}
