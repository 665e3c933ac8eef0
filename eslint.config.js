import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';

// Biome formats and finds the simple mistakes; ESLint is here for what needs types.
export default defineConfig(
  globalIgnores(['**/dist/**', 'coverage/**', '.data/**', '*.config.ts', '*.config.js']),
  ...tseslint.configs.recommendedTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/consistent-type-imports': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
    },
  },
  // A module comes to permits by the register alone: by the store, or by keys, it would come to those of any purpose. What decides
  // about gates, and is none, is named here.
  {
    files: ['apps/api/src/features/**/*.ts'],
    ignores: [
      'apps/api/src/features/{permits,consent,consent-imports,erasure,holds,opt-outs}/**',
      '**/*.{test,fixture}.ts',
    ],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              group: ['**/permits/*'],
              importNames: ['PermitsStore', 'PermitKeys', 'PermitsService'],
              message:
                'A module has the permits of its own purposes: permitsOf() gives it its ModulePermits.',
            },
          ],
        },
      ],
    },
  },
  // Scripts that run without a build (pages, the test runner) have no types to check.
  { files: ['**/*.{js,mjs,cjs}'], ...tseslint.configs.disableTypeChecked },
);
