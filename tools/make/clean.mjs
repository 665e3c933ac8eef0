// Removes what can be made again; the data of the embedded run only when asked to.
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

if (process.env.DATA === '1') await forgetData();
for (const made of ['dist', 'coverage', '.bench']) rmSync(made, { recursive: true, force: true });

/** The build knows where all of it is, and whether a supervisor still uses it. */
async function forgetData() {
  const program = join(process.cwd(), 'dist/tools/run/forget.js');
  if (!existsSync(program)) throw new Error('build first: make build');
  await import(pathToFileURL(program).href);
}
