#!/usr/bin/env node
import { cli } from './cli.js';
import { thisConsole } from './console.js';
import { Interruption } from './interruption.js';

process.exitCode = await cli(process.argv.slice(2), thisConsole(Interruption.listening()));
