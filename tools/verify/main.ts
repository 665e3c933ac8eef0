#!/usr/bin/env node
import { thisMachine } from '../auditor/machine.js';
import { verifyCommand } from './command.js';

process.exitCode = await verifyCommand(process.argv.slice(2), thisMachine());
