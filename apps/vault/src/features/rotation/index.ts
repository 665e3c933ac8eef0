export { moversOf } from './movers.js';
export { RotationStore } from './rotation.store.js';
export { Rotations } from './rotations.js';
