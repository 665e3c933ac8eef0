import { CodedError } from '@integument/contracts';
import { VaultRefused } from '../../../apps/api/src/platform/vault-client.js';
import { Crash } from './crash.js';

/** What the trigger of every table with a permit's data says where the gate is closed. */
const GATE_CLOSED = 'IG001';

export type Outcome = 'answered' | 'crashed' | 'refused';

/**
 * Waits for something that may be refused, or whose process may end. Anything else that fails is a fault of ours: a deadlock, a
 * constraint or a lost connection has a code as well, and is no refusal.
 */
export async function tolerating(work: Promise<unknown>): Promise<Outcome> {
  try {
    await work;
    return 'answered';
  } catch (error) {
    const failures = error instanceof AggregateError ? (error.errors as unknown[]) : [error];
    if (failures.some((one) => !(one instanceof Crash) && !isRefusal(one))) throw error;
    return failures.some((one) => one instanceof Crash) ? 'crashed' : 'refused';
  }
}

function isRefusal(error: unknown): boolean {
  if (error instanceof CodedError || error instanceof VaultRefused) return true;
  return error instanceof Error && 'code' in error && error.code === GATE_CLOSED;
}
