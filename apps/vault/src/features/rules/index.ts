export { InternalRulesController } from './rules.internal.controller.js';
export { RulesModule } from './rules.module.js';
export { StoredRules } from './stored-rules.js';
