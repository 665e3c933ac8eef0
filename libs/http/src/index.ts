export { AbilitiesController } from './abilities.controller.js';
export { HttpAdapter } from './adapter.js';
export { forbidden, unauthenticated } from './admission.js';
export { Answer } from './answer.js';
export { AskedBy, AskedIn, type Asker, actorOf, askerIn, by } from './asker.js';
export { BearerTokens, type BearerTokensOptions } from './bearer-tokens.js';
export { type CallerResolver, firstOf } from './callers.js';
export { ClientDirectory, clientCallers } from './client-callers.js';
export { commonPolicy } from './common.js';
export {
  InvalidSettings,
  isLoopback,
  keyFile,
  parseConfig,
  plainFile,
  proxyNetworks,
  secretFile,
  secretPath,
  webUrl,
} from './config.js';
export { renderConfigurationDoc } from './config-doc.js';
export { createHttpApp, type HttpApp, type HttpAppOptions, type HttpWiring } from './create-http-app.js';
export { CurrentCaller, IdempotencyKey, Input } from './decorators.js';
export { type DownloadOptions, download } from './download.js';
export { DpopProofs } from './dpop/dpop-proofs.js';
export { SpentProofs, spentProofsSchemaSql } from './dpop/spent-proofs.js';
export { Effects } from './effects.js';
export type { HealthCheck } from './health.js';
export { Implements, type InputOf, ReplyMismatch } from './implements.js';
export { InvalidRequest } from './input.js';
export {
  CLIENT_LEASE_MS,
  clientLeasesOver,
  RULES_LEASE_MS,
  rulesLeasesOver,
  sessionLeasesOver,
} from './leases/lease.js';
export { limitSettings, limitTable } from './limits/limit-settings.js';
export { Limits } from './limits/limits.js';
export {
  postgresCounts,
  rateCountSchemaSql,
  redisCounts,
  type SharedCounts,
} from './limits/shared-counts.js';
export { StrictAllowances } from './limits/strict-allowances.js';
export { type BodyLine, BodyLines } from './lines-body.js';
export { openApi } from './openapi.js';
export { Periodic } from './periodic.js';
export type { Circumstances } from './provenance.js';
export { provide } from './provide.js';
export type { Refusal, RefusalLog } from './refusals.js';
export type { HttpReply, HttpRequest } from './request.js';
export { every, type Find, findIn, type Round } from './rounds.js';
export { UndeclaredRoutes } from './routes.js';
export { type RuleSource, RulesInForce } from './rules/rules-in-force.js';
export { hasSteppedUp, stepUpRequired } from './second-factor.js';
export { ServiceController } from './service.controller.js';
export { SessionCallers, type SessionFinder } from './sessions/session-callers.js';
export { isSessionSecret, SessionCookieFormat } from './sessions/session-cookie.js';
export { type Closable, endOnSignals } from './shutdown.js';
export type { Soon } from './soon.js';
