import { MODULES, PURPOSES } from '@integument/contracts';
import type { Tx } from '@integument/database';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { TestApi } from '../../api.fixture.js';
import { ModulePermits, UndeclaredProcessing } from './module-permits.js';
import type { Leave } from './permits.service.js';

let api: TestApi;
beforeAll(async () => {
  api = await TestApi.open();
});
afterAll(() => api.close());

const TRIES = MODULES.flatMap((module) => PURPOSES.map((purpose) => ({ module, purpose })));
const undeclared = TRIES.filter(({ module, purpose }) => purpose.module !== module);
const declared = TRIES.filter(({ module, purpose }) => purpose.module === module);

describe('a module', () => {
  it('that is none of a purpose does not get its permits past the compiler, nor does what is done for another purpose', () => {
    const permits = new ModulePermits('ingest', api.permits);
    const nobody = Buffer.alloc(16);
    const store = (_: Tx, leave: Leave<'ingest'>) => Promise.resolve(leave.gate.purpose);
    const tries = () => [
      permits.through(nobody, 'ingest', store),
      // @ts-expect-error the purpose of another module
      permits.through(nobody, 'recommendation', () => Promise.resolve()),
      // @ts-expect-error the purpose of another module
      permits.everyOpen('recommendation'),
      // @ts-expect-error the purpose of another module
      permits.lockOpen({} as Tx, nobody, 'analytics'),
      // @ts-expect-error leave for one purpose, handed to what is done for another
      api.permits.through(nobody, 'recommendation', store),
    ];
    expect(tries).toBeTypeOf('function');
  });

  it.each(undeclared)('$module gets no permit of $purpose.name, though its gate is open', async (tried) => {
    const { module, purpose } = tried;
    const { pseudonym } = await api.openGate(purpose.name);
    const permits = new ModulePermits(module, api.permits);
    const effect = vi.fn();
    await expect(permits.through(pseudonym, purpose.name as never, effect)).rejects.toThrow(
      UndeclaredProcessing,
    );
    expect(effect).not.toHaveBeenCalled();
    expect(() => permits.everyOpen(purpose.name as never)).toThrow(UndeclaredProcessing);
    expect(() => permits.lockOpenAmong({} as never, [], purpose.name as never)).toThrow(UndeclaredProcessing);
    expect(() => permits.lockOpen({} as never, pseudonym, purpose.name as never)).toThrow(
      UndeclaredProcessing,
    );
    expect(() => permits.lockAllOpen({} as never, [], purpose.name as never)).toThrow(UndeclaredProcessing);
    const caller = { kind: 'person', permits: [] } as never;
    expect(() => permits.pseudonymOf(caller, purpose.name as never, undefined)).toThrow(UndeclaredProcessing);
  });

  // This test has no vault, which is what is asked next.
  it.each(declared)('$module comes as far as the key of $purpose.name', async ({ module, purpose }) => {
    const { pseudonym } = await api.openGate(purpose.name);
    const permits = new ModulePermits(module, api.permits);
    await expect(permits.through(pseudonym, purpose.name as never, vi.fn())).rejects.toThrow('no vault');
  });
});
