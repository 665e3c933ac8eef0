import { CodedError } from '@integument/contracts';
import { UnrecoverableError } from 'bullmq';

const CODE = /^[a-z][a-z_-]*\.[a-z_]+$/;

/** Thrown by a handler that knows that trying again is pointless: the job becomes a dead letter at once. */
export class GiveUp extends Error {
  constructor(
    readonly code: string,
    options?: ErrorOptions,
  ) {
    super(code, options);
    this.name = 'GiveUp';
  }
}

/** What is stored of a failure: a code. BullMQ keeps message and stack of an error, and either may quote a value. */
class StoredFailure extends Error {
  constructor(code: string) {
    super(code);
    this.name = 'StoredFailure';
    this.stack = '';
  }
}

/** The error that BullMQ gets to see in place of the one thrown. */
export function storable(error: unknown): Error {
  if (error instanceof GiveUp) return permanently(error.code);
  const code = error instanceof CodedError ? error.code : 'queue.failed';
  return new StoredFailure(checked(code));
}

/** A failure that isn't tried again. */
export function permanently(code: string): Error {
  const failure = new UnrecoverableError(checked(code));
  failure.stack = '';
  return failure;
}

/** The code of a stored failure; what BullMQ itself wrote there becomes ours. */
export function codeOf(reason: string | undefined): string {
  if (reason?.startsWith('job stalled')) return 'queue.worker_lost';
  return checked(reason ?? 'queue.failed');
}

function checked(code: string): string {
  return CODE.test(code) ? code : 'queue.failed';
}
