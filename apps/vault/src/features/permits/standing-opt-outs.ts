import type { AuditLog } from '@integument/audit-log';
import type { BodyOf, keepOptOut, StandingOptOut } from '@integument/contracts';
import { decodeId } from '@integument/crypto';
import type { Tx } from '@integument/database';
import { type Asker, by } from '@integument/http';
import { optOutKept } from './permits.audit.js';
import { personErased, sessionUnknown } from './permits.errors.js';
import type { StandingOptOutsStore } from './standing-opt-outs.store.js';

/** What somebody opted out of. Here, since the data plane has no name for a person across purposes. */
export class StandingOptOuts {
  constructor(
    private readonly store: StandingOptOutsStore,
    private readonly audit: AuditLog,
  ) {}

  /** Also of a session that is over. @throws CodedError `permits.person_erased`, `permits.session_unknown` */
  async keep(tx: Tx, asker: Asker, { session, ...optOut }: BodyOf<typeof keepOptOut>): Promise<void> {
    const id = decodeId('ssn', session);
    const person = await this.store.lockPersonOf(tx, id);
    if (!person) throw (await this.store.remembers(tx, id)) ? personErased() : sessionUnknown();
    await this.store.keep(tx, person.person_id, optOut);
    const { kind, channel } = optOut;
    await this.audit.append(
      tx,
      optOutKept({ ...by(asker), subject: person.subject, details: { kind, channel } }),
    );
  }

  ofPerson(tx: Tx, personId: Buffer): Promise<StandingOptOut[]> {
    return this.store.findOf(tx, personId);
  }
}
