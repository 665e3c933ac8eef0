import type { Caller } from '@integument/authz';
import { type ModuleName, PURPOSES, type PurposeName } from '@integument/contracts';
import type { Tx } from '@integument/database';
import type { FactoryProvider } from '@nestjs/common';
import { type Leave, type Looked, PermitsService } from './permits.service.js';

/** Purposes that the register declares for a module. */
export type PurposeOf<M extends ModuleName> = PurposeName &
  Extract<(typeof PURPOSES)[number], { readonly module: M }>['name'];

/** A module has tried what the register doesn't declare for it: a defect of ours, whatever was asked for. */
export class UndeclaredProcessing extends Error {
  override readonly name = 'UndeclaredProcessing';
}

/** The one way of a module to permits: to those of the purposes that are declared for it, and to no others. */
export class ModulePermits<M extends ModuleName> {
  constructor(
    private readonly module: M,
    private readonly permits: PermitsService,
  ) {}

  /** See {@link PermitsService.pseudonymOf}. @throws UndeclaredProcessing */
  pseudonymOf(caller: Caller, purpose: PurposeOf<M>, header: unknown): Buffer {
    this.demand(purpose);
    return this.permits.pseudonymOf(caller, purpose, header);
  }

  /** See {@link PermitsService.through}. Rejects with UndeclaredProcessing before anything is looked up. */
  async through<P extends PurposeOf<M>, T>(
    pseudonym: Buffer,
    purpose: P,
    effect: (tx: Tx, leave: Leave<P>) => Promise<T>,
  ): Promise<T> {
    this.demand(purpose);
    return this.permits.through(pseudonym, purpose, effect);
  }

  /** See {@link PermitsService.everyOpen}. @throws UndeclaredProcessing */
  everyOpen<P extends PurposeOf<M>>(purpose: P): AsyncGenerator<Looked<P>[]> {
    this.demand(purpose);
    return this.permits.everyOpen(purpose);
  }

  /** See {@link PermitsStore.lockOpen}: of one that was looked at, when something is to rest on it. @returns whether it is open still. @throws UndeclaredProcessing */
  lockOpen(tx: Tx, pseudonym: Buffer, purpose: PurposeOf<M>): Promise<boolean> {
    this.demand(purpose);
    return this.permits.lockOpen(tx, pseudonym, purpose);
  }

  /** See {@link PermitsStore.lockAllOpen}. @throws UndeclaredProcessing */
  lockAllOpen(tx: Tx, gates: readonly Buffer[], purpose: PurposeOf<M>): Promise<boolean> {
    this.demand(purpose);
    return this.permits.lockAllOpen(tx, gates, purpose);
  }

  /** See {@link PermitsStore.lockOpenAmong}. @throws UndeclaredProcessing */
  lockOpenAmong(tx: Tx, gates: readonly Buffer[], purpose: PurposeOf<M>): Promise<Buffer[]> {
    this.demand(purpose);
    return this.permits.lockOpenAmong(tx, gates, purpose);
  }

  private demand(purpose: PurposeName): void {
    const declared = PURPOSES.find(({ name }) => name === purpose);
    if (declared?.module === this.module) return;
    throw new UndeclaredProcessing(`${purpose} is not declared for the module ${this.module}`);
  }
}

/** For the providers of a module's feature, which gets no other permits. */
export function permitsOf<M extends ModuleName>(module: M): FactoryProvider<ModulePermits<M>> {
  return {
    provide: ModulePermits,
    inject: [PermitsService],
    useFactory: (permits: PermitsService) => new ModulePermits(module, permits),
  };
}
