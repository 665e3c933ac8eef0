import type { RootRow } from './root.store.js';
import type { RotationRow } from './rotation.store.js';

/** How whoever runs the keyring names the root key. */
export interface KeyringNames {
  readonly kind: 'embedded' | 'hashicorp';
  readonly mount: string;
  readonly key: string;
}

export interface RootState {
  readonly roots: readonly RootRow[];
  /** the newest of the root */
  readonly rotation: RotationRow | undefined;
  /** the oldest version that a key, or a copy of one that may be restored, is under */
  readonly least: number | null;
  /** what has had nothing under it since before this may be destroyed */
  readonly horizon: Date;
}

/** Whether a rotation of the root waits for a version that only whoever runs the keyring can make. */
export function awaitsVersion(
  { kind }: Pick<KeyringNames, 'kind'>,
  rotation: Pick<RotationRow, 'domain' | 'state' | 'to_version'>,
  roots: readonly Pick<RootRow, 'version'>[],
): boolean {
  const { domain, state, to_version } = rotation;
  if (kind === 'embedded' || domain !== 'root' || state !== 'moving') return false;
  return to_version > (roots.at(-1)?.version ?? 1);
}

/** What only the operator of HashiCorp Vault may do with the root key, and should do now. */
export function operatorSteps(names: KeyringNames, state: RootState): string[] {
  const { kind, mount, key } = names;
  if (kind === 'embedded') return [];
  const { roots, rotation, least, horizon } = state;
  const newest = roots.at(-1)?.version ?? 1;
  const steps: string[] = [];
  if (rotation && awaitsVersion(names, rotation, roots)) {
    steps.push(`vault write -f ${mount}/keys/${key}/rotate`);
  }
  const kept = roots.find((root) => !(root.emptied_at && root.emptied_at <= horizon));
  const first = Math.min(kept?.version ?? newest, least ?? newest);
  if (roots.some(({ version, destroyed_at }) => version < first && !destroyed_at)) {
    steps.push(
      `vault write ${mount}/keys/${key}/config min_decryption_version=${first} min_encryption_version=${first}`,
    );
    steps.push(`vault write ${mount}/keys/${key}/trim min_available_version=${first}`);
  }
  return steps;
}
