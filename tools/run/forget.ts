import { existsSync } from 'node:fs';
import { PROJECT_FOLDER } from '../project-folder.js';
import { forgetData } from './data-folder.js';
import { readSettings } from './settings.js';
import { takeDataFolder } from './supervisor-lock.js';

// `make clean DATA=1`: removes the data of the embedded run, unless somebody runs it.
const { dataFolder } = readSettings(process.env, PROJECT_FOLDER);
if (existsSync(dataFolder)) {
  takeDataFolder(dataFolder);
  forgetData(dataFolder);
}
