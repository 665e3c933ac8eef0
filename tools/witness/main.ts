#!/usr/bin/env node
import { once } from 'node:events';
import { witnessCommand } from './command.js';

process.exitCode = await witnessCommand(process.argv.slice(2), {
  out: (text) => process.stdout.write(text),
  error: (text) => process.stderr.write(text),
  clock: () => new Date(),
  stopped: Promise.race(['SIGINT', 'SIGTERM'].map((signal) => once(process, signal))),
});
