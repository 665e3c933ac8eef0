import type { FactoryProvider, InjectionToken, Type } from '@nestjs/common';

/**
 * Wires a class that knows nothing of the framework: `provide(PeopleService, PeopleStore, AuditLog)` makes one from the
 * others, in the order of its constructor.
 */
export function provide<T>(target: Type<T>, ...dependencies: InjectionToken[]): FactoryProvider<T> {
  // What the container makes, it makes by token: the constructor's own types are checked where it is called by hand.
  const useFactory = (...made: unknown[]) => new (target as new (...made: unknown[]) => T)(...made);
  return { provide: target, inject: dependencies, useFactory };
}
