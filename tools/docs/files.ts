import { renderAbilities } from './abilities.js';
import { renderConfiguration } from './configuration.js';
import { renderRoutes } from './routes.js';

/** Documents that are made from the code, by their path in the project. */
export const GENERATED_FILES: Readonly<Record<string, () => string>> = {
  'docs/abilities.md': renderAbilities,
  'docs/configuration.md': renderConfiguration,
  'docs/routes.md': renderRoutes,
};
