/** Injection tokens of what is no class. */
export const API_CONFIG = Symbol('ApiConfig');
export const QUEUES = Symbol('Queues');
