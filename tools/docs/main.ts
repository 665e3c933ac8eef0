import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT_FOLDER } from '../project-folder.js';
import { GENERATED_FILES } from './files.js';

for (const [path, render] of Object.entries(GENERATED_FILES)) {
  writeFileSync(join(PROJECT_FOLDER, path), render());
  console.log(path);
}
