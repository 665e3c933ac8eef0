import swc from 'unplugin-swc';
import { defineConfig } from 'vitest/config';

// SWC does the transform, as in the build: Oxc writes the enum object as design:type where tsc and SWC write String.
const transform = swc.vite({
  swcrc: false,
  tsconfigFile: './tsconfig.json',
  module: { type: 'es6' },
  jsc: {
    target: 'es2023',
    parser: { syntax: 'typescript', decorators: true },
    transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
    keepClassNames: true,
  },
});

const shared = { plugins: [transform], oxc: false as const, resolve: { tsconfigPaths: true } };
const sources = ['apps/*/src', 'libs/*/src', 'tools', 'bench'];

export default defineConfig({
  ...shared,
  test: {
    maxWorkers: 2,
    projects: [
      {
        ...shared,
        test: {
          name: 'unit',
          include: sources.map((dir) => `${dir}/**/*.test.ts`),
          exclude: ['**/*.int.test.ts', '**/*.e2e.test.ts', '**/node_modules/**'],
          pool: 'threads',
          testTimeout: 20_000,
        },
      },
      {
        ...shared,
        test: {
          name: 'int',
          include: sources.map((dir) => `${dir}/**/*.int.test.ts`),
          globalSetup: ['./tools/testing/postgres.setup.ts'],
          pool: 'forks',
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
      {
        ...shared,
        test: {
          name: 'e2e',
          include: ['apps/*/test/**/*.e2e.test.ts', 'tools/**/*.e2e.test.ts'],
          globalSetup: ['./tools/testing/platform.setup.ts'],
          pool: 'forks',
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
