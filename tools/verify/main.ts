#!/usr/bin/env node
import { verifyCommand } from './command.js';
import { thisMachine } from './machine.js';

process.exitCode = await verifyCommand(process.argv.slice(2), thisMachine());
