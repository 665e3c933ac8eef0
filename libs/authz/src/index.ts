export {
  Abilities,
  type Ability,
  buildAbility,
  type Conditions,
  type Grant,
  type Policy,
  subject,
  UnsafeGrant,
} from './ability.js';
export {
  audienceOf,
  type Caller,
  type CallerKind,
  type ClientCaller,
  type ClientFields,
  callerId,
  client,
  type PersonCaller,
  type PersonFields,
  type ProcessCaller,
  type ProcessFields,
  person,
  process,
  type StaffCaller,
  type StaffFields,
  staff,
} from './caller.js';
export { type OwnAbility, ownAbilities } from './own-abilities.js';
export { policyVersion } from './policy-version.js';
export * from './rules/index.js';
