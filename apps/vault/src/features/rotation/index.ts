export { BackupReach } from './backup-reach.js';
export { KeySchedule, ROTATED } from './key-schedule.js';
export { moversOf, type Openers } from './movers.js';
export { RootStore } from './root.store.js';
export { RootKeys } from './root-keys.js';
export { RotationModule } from './rotation.module.js';
export { RotationStore } from './rotation.store.js';
export { Rotations } from './rotations.js';
