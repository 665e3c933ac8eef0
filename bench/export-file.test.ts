import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateNoteKey, NoteSigner, verifyExport } from '@integument/audit-log';
import { expect, it } from 'vitest';
import { writeExport } from './export-file.js';

it('writes an export that verifies, with a checkpoint at each thousand and at the end', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'integument-export-file-'));
  try {
    const { skey, vkey } = generateNoteKey('bench.local/vault');
    await writeExport(join(folder, 'export'), 2_500, NoteSigner.parse(skey));
    const report = await verifyExport([readFileSync(join(folder, 'export'))], vkey);
    expect(report).toMatchObject({ ok: true, size: 2_500, checkpoints: 3 });
  } finally {
    rmSync(folder, { recursive: true });
  }
});
