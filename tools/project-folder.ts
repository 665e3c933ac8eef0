import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder with package.json, found alike from the source and from its build. */
export const PROJECT_FOLDER = nearest(dirname(fileURLToPath(import.meta.url)));

/** Where the build puts the programs. */
export const DIST_FOLDER = join(PROJECT_FOLDER, 'dist');

function nearest(folder: string): string {
  return existsSync(join(folder, 'package.json')) ? folder : nearest(dirname(folder));
}
