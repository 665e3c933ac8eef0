import type { AuditLog } from '@integument/audit-log';
import type { Tx } from '@integument/database';
import type { Circumstances } from '@integument/http';
import { AccountGuard } from './account-guard.js';
import { personSelfEnrolled } from './people.audit.js';
import type { PeopleStore } from './people.store.js';
import type { PersonIndex } from './person-index.js';
import type { Account, PersonSealer } from './sealed-person.js';

/** Finds the person an account signs in as; a first sign-in enrols them, with nothing known about them yet. */
export class PeopleEnroller {
  readonly #guard: AccountGuard;

  constructor(
    private readonly store: PeopleStore,
    private readonly sealer: PersonSealer,
    private readonly index: PersonIndex,
    private readonly audit: AuditLog,
  ) {
    this.#guard = new AccountGuard(store);
  }

  async personOf(tx: Tx, of: Account, circumstances: Circumstances): Promise<Buffer> {
    const known = await this.store.findByAccount(tx, this.sealer.accountDigests(of));
    if (known?.copied === false) await this.keepCopy(tx, known.personId, of);
    if (known) return known.personId;
    const { account, ...person } = this.sealer.sealNew({}, of);
    await this.#guard.admit(tx, [account]);
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

  /** Accounts from before had none, and without one nobody but their owner can lay them under another index key. */
  private async keepCopy(tx: Tx, personId: Buffer, of: Account): Promise<void> {
    // Before the account's row, as an erasure does: the two would otherwise wait for each other.
    const person = await this.store.lockKey(tx, personId);
    if (person) await this.store.keepAccount(tx, personId, this.sealer.sealAccount(personId, person, of));
  }
}
