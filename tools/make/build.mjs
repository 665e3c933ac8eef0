// Compiles every program into dist/. Types are checked elsewhere (`make lint`): this takes half a second.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const swc = join('node_modules', '@swc', 'cli', 'bin', 'swc.js');
const sources = ['apps', 'libs', 'tools', 'bench'];
const args = [swc, ...sources, '--out-dir', 'dist', '--quiet'];
process.exit(spawnSync(process.execPath, args, { stdio: 'inherit' }).status ?? 1);
