import type { Logger } from '@integument/telemetry';

export interface Closable {
  close(): Promise<unknown>;
}

const GRACE_MS = 15_000;

/**
 * Ends the process in good order on SIGTERM or SIGINT: closes in the order given, then exits with 0; exits with 1 when
 * that takes too long or fails. What nobody caught ends it too, at once: after it no state can be trusted, and every
 * promise here survives a kill.
 */
export function endOnSignals(logger: Logger, parts: readonly Closable[]): void {
  let ending = false;
  const end = (signal: NodeJS.Signals) => {
    if (ending) return;
    ending = true;
    logger.info('ending', { signal });
    setTimeout(() => process.exit(1), GRACE_MS).unref();
    void closeAll(logger, parts).then((ended) => process.exit(ended ? 0 : 1));
  };
  process.on('SIGTERM', end);
  process.on('SIGINT', end);
  const die = (error: unknown) => {
    logger.error('nobody caught this', { error });
    process.exit(1);
  };
  process.on('uncaughtException', die);
  process.on('unhandledRejection', die);
}

async function closeAll(logger: Logger, parts: readonly Closable[]): Promise<boolean> {
  let ended = true;
  for (const part of parts) {
    try {
      await part.close();
    } catch (error) {
      logger.error('could not close', { error });
      ended = false;
    }
  }
  return ended;
}
