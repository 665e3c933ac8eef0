export * from './ids.js';
export * from './purposes.js';
export * from './route.js';
