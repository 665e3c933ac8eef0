export { FixedClock } from './fixed-clock.js';
export {
  type AuditLogInfo,
  type ChildName,
  type DatabaseInfo,
  type PlatformInfo,
  platform,
  type SecondProviderInfo,
  secondProvider,
} from './platform-info.js';
export { proofCount } from './proof-count.js';
export { hasRedis, type RedisServer, startRedis } from './redis-server.js';
export { SeededRandom, seededRandom } from './seeded-random.js';
export {
  type FreshDatabase,
  type FreshDatabases,
  freshDatabases,
  freshEmptyDatabase,
  type TestServer,
} from './test-server.js';
