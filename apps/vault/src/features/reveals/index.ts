export {
  allowing,
  isLimited,
  type RevealDecision,
  RevealDecisions,
  type RevealGrant,
  type RevealWish,
} from './reveal-decisions.js';
export { allowedBy, POLICIES_NAMED, revealDetails } from './reveal-details.js';
export { RevealsModule } from './reveals.module.js';
