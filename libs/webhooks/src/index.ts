/**
 * Telling others, framework-free. `standardwebhooks` signs; `ipaddr.js` says what an address is for; `request-filtering-agent` looks at
 * every address once more when a connection is made. What a URL may be, that a name is asked for once, that no redirect is followed and
 * how long all of it may take is ours.
 */
export { isPublicAddress } from './public-address.js';
export { isWebhookSecret, secretOf, signedHeaders, type WebhookMessage } from './signing.js';
export { checkTarget, type Target, TargetRefused, type TargetRules } from './target.js';
export { type Sent, WebhookSender, type WebhookSenderOptions } from './webhook-sender.js';
