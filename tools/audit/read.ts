#!/usr/bin/env node
import { thisMachine } from '../auditor/machine.js';
import { readCommand } from './read-command.js';

process.exitCode = await readCommand(process.argv.slice(2), thisMachine());
