import { describe, expect, it } from 'vitest';
import { operatorSteps, type RootState } from './operator-steps.js';
import type { RotationRow } from './rotation.store.js';

const NAMES = { kind: 'hashicorp', mount: 'transit', key: 'integument' } as const;
const day = (number: number) => new Date(Date.UTC(2027, 0, number));
const root = (version: number, emptied: number | null, destroyed: number | null = null) => ({
  version,
  current_at: day(1),
  retired_at: day(1),
  emptied_at: emptied === null ? null : day(emptied),
  destroyed_at: destroyed === null ? null : day(destroyed),
});
const state = (over: Partial<RootState>): RootState => ({
  roots: [root(1, 5), root(2, null)],
  rotation: undefined,
  least: 2,
  horizon: day(10),
  ...over,
});

describe('what the operator of HashiCorp Vault is told', () => {
  it('is to make the version that a rotation waits for', () => {
    const rotation = { domain: 'root', state: 'moving', to_version: 3 } as RotationRow;
    const steps = operatorSteps(NAMES, state({ rotation, horizon: day(2) }));
    expect(steps).toEqual(['vault write -f transit/keys/integument/rotate']);
    expect(
      operatorSteps(NAMES, state({ rotation: { ...rotation, to_version: 2 }, horizon: day(2) })),
    ).toEqual([]);
  });

  it('is to trim what is over, once nothing lies under it, and in the order in which it can be done', () => {
    expect(operatorSteps(NAMES, state({}))).toEqual([
      'vault write transit/keys/integument/config min_decryption_version=2 min_encryption_version=2',
      'vault write transit/keys/integument/trim min_available_version=2',
    ]);
    expect(operatorSteps(NAMES, state({ least: 1 }))).toEqual([]);
    expect(operatorSteps(NAMES, state({ horizon: day(4) }))).toEqual([]);
    expect(operatorSteps(NAMES, state({ roots: [root(1, 5, 12), root(2, null)] }))).toEqual([]);
    expect(operatorSteps(NAMES, state({ roots: [root(1, null), root(2, null)] }))).toEqual([]);
  });

  it('is nothing where the keyring is the vault’s own', () => {
    expect(operatorSteps({ ...NAMES, kind: 'embedded' }, state({}))).toEqual([]);
  });
});
