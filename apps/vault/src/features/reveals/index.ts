export {
  allowing,
  isLimited,
  POLICIES_NAMED,
  type RevealDecision,
  RevealDecisions,
  type RevealGrant,
  type RevealWish,
} from './reveal-decisions.js';
export { RevealsModule } from './reveals.module.js';
