#!/usr/bin/env node
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { verifyCommand } from './command.js';

process.exitCode = await verifyCommand(process.argv.slice(2), {
  readBytes: (path) => (path === null ? process.stdin : createReadStream(path, { highWaterMark: 1 << 20 })),
  readText: (path) => readFile(path, 'utf8'),
  out: (text) => process.stdout.write(text),
  error: (text) => process.stderr.write(text),
});
