import { MODULES, PURPOSES } from '@integument/contracts';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { TestApi } from '../../api.fixture.js';
import { ModulePermits, UndeclaredProcessing } from './module-permits.js';

let api: TestApi;
beforeAll(async () => {
  api = await TestApi.open();
});
afterAll(() => api.close());

const TRIES = MODULES.flatMap((module) => PURPOSES.map((purpose) => ({ module, purpose })));
const undeclared = TRIES.filter(({ module, purpose }) => purpose.module !== module);
const declared = TRIES.filter(({ module, purpose }) => purpose.module === module);

describe('a module', () => {
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
