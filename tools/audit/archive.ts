#!/usr/bin/env node
import { archiveCommand } from './archive-command.js';

process.exitCode = await archiveCommand(process.argv.slice(2), {
  env: process.env,
  out: (text) => process.stdout.write(text),
  error: (text) => process.stderr.write(text),
});
