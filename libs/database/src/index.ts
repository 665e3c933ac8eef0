export { byteaArray, int2Array, textArray } from './binary-array.js';
export { type DatabaseOptions, migrate, openDatabase } from './data-source.js';
export { migration } from './migration.js';
export { type Statement, type Tx, UnitOfWork } from './unit-of-work.js';
