import type { AuditLog } from '@integument/audit-log';
import type { Tx } from '@integument/database';
import type { Circumstances } from '@integument/http';
import { personSelfEnrolled } from './people.audit.js';
import type { PeopleStore } from './people.store.js';
import type { PersonIndex } from './person-index.js';
import type { PersonSealer } from './sealed-person.js';

/** Finds the person an account signs in as; a first sign-in enrols them, with nothing known about them yet. */
export class PeopleEnroller {
  constructor(
    private readonly store: PeopleStore,
    private readonly sealer: PersonSealer,
    private readonly index: PersonIndex,
    private readonly audit: AuditLog,
  ) {}

  accountOf(issuer: string, subject: string): Buffer {
    return this.sealer.account(issuer, subject);
  }

  async personOf(tx: Tx, account: Buffer, circumstances: Circumstances): Promise<Buffer> {
    const known = await this.store.findByAccount(tx, account);
    if (known) return known;
    const person = this.sealer.sealNew({});
    const { subject } = person;
    const entry = personSelfEnrolled({
      outcome: 'done',
      actor: { kind: 'person', id: subject.toString('hex') },
      requestId: circumstances.requestId,
      policy: circumstances.policy,
      // A person's own doing: of where it came from only the listener is written.
      ...(circumstances.from && { from: { listener: circumstances.from.listener } }),
      subject,
    });
    await this.store.enrol(
      tx,
      [{ person, region: null, clientId: null, pseudonym: null, account, indexed: this.index.of({}) }],
      this.audit.encode(entry),
    );
    return person.personId;
  }
}
