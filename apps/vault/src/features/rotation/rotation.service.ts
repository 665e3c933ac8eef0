import type { AuditLog } from '@integument/audit-log';
import {
  KEY_DOMAINS,
  type listKeys,
  type ReplyOf,
  type RotationId,
  type rotateKey,
} from '@integument/contracts';
import { decodeId } from '@integument/crypto';
import type { Tx } from '@integument/database';
import { type Asker, by } from '@integument/http';
import type { VaultStaff } from '../../platform/callers.js';
import type { KeyLives } from '../../rotation-settings.js';
import { type Clock, databaseClock } from './clock.js';
import { awaitsVersion, type KeyringNames, operatorSteps } from './operator-steps.js';
import type { RootStore } from './root.store.js';
import type { RootKeys } from './root-keys.js';
import { keysListed, rotationRead } from './rotation.audit.js';
import { rotating, rotationNotFound } from './rotation.errors.js';
import type { RotationRow, RotationStore } from './rotation.store.js';
import { type RotationView, rootView, rotationView, versionView } from './rotation-view.js';
import type { NewVersion, Rotations } from './rotations.js';

type Staff = Asker<VaultStaff>;
type KeyDomain = (typeof KEY_DOMAINS)[number];

/** What staff see of keys, and begin. A version is destroyed in its time, and by nobody. */
export class RotationService {
  constructor(
    private readonly store: RotationStore,
    private readonly roots: RootStore,
    private readonly rotations: Rotations,
    private readonly root: RootKeys,
    private readonly audit: AuditLog,
    private readonly lives: KeyLives,
    private readonly keyring: KeyringNames,
    private readonly clock: Clock = databaseClock,
  ) {}

  async list(tx: Tx, asker: Staff): Promise<ReplyOf<typeof listKeys>> {
    const { rotationDays, destroyAfterDays, mostUses } = this.lives;
    const versions = await this.store.findVersions(tx);
    const roots = await this.roots.findAll(tx);
    const rotations = await this.store.findNewest(tx);
    await this.audit.append(tx, keysListed({ ...by(asker), count: versions.length + roots.length }));
    const domains = KEY_DOMAINS.map((domain) => {
      const newest = rotations.find((row) => row.domain === domain);
      const of = versions.filter((row) => row.domain === domain);
      return {
        domain,
        versions:
          domain === 'root'
            ? roots.map((row) => rootView(row, destroyAfterDays))
            : of.map((row) => versionView(row, destroyAfterDays)),
        rotation: newest ? rotationView(newest, awaitsVersion(this.keyring, newest, roots)) : null,
      };
    });
    const operator = operatorSteps(this.keyring, {
      roots,
      rotation: rotations.find((row) => row.domain === 'root'),
      least: await this.store.leastKept(tx),
      horizon: new Date((await this.clock(tx)).getTime() - destroyAfterDays * 86_400_000),
    });
    return { rotationDays, destroyAfterDays, mostUses, keyring: this.keyring.kind, operator, domains };
  }

  /** Outside of any transaction. @returns what begins it; nothing for the root, of which the keyring makes the next version */
  async prepare(domain: KeyDomain): Promise<NewVersion | null> {
    if (domain !== 'root') return this.rotations.prepare(domain);
    await this.root.look();
    return null;
  }

  async begin(
    tx: Tx,
    asker: Staff,
    domain: KeyDomain,
    prepared: NewVersion | null,
  ): Promise<ReplyOf<typeof rotateKey>> {
    const asked = { askedBy: asker.caller.id, facts: by(asker) };
    const rotationId =
      domain === 'root' || !prepared
        ? await this.root.begin(tx, 'asked', asked)
        : await this.rotations.begin(tx, prepared, 'asked', asked);
    const row = rotationId && (await this.store.find(tx, rotationId));
    if (!row) throw rotating();
    return this.view(tx, row);
  }

  async read(tx: Tx, asker: Staff, rotation: RotationId): Promise<RotationView> {
    const row = await this.store.find(tx, decodeId('rot', rotation));
    if (!row) throw rotationNotFound();
    await this.audit.append(
      tx,
      rotationRead({ ...by(asker), object: rotation, details: { domain: row.domain } }),
    );
    return this.view(tx, row);
  }

  private async view(tx: Tx, row: RotationRow): Promise<RotationView> {
    const roots = await this.roots.findAll(tx);
    return rotationView(row, awaitsVersion(this.keyring, row, roots));
  }
}
