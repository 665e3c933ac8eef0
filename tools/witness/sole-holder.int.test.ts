import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { proofCount } from '@integument/testing';
import { ModuleKind, ScriptTarget, transpileModule } from 'typescript';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PROJECT_FOLDER } from '../project-folder.js';
import { holdState, StateInUse } from './sole-holder.js';

let base: string;
let folder: string;
const contenders = new Set<Contender>();
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'holder-'));
  folder = join(base, 'state');
  mkdirSync(folder);
});
afterEach(async () => {
  for (const contender of contenders) await contender.kill();
  rmSync(base, { recursive: true });
});

/** A process that tries to hold the folder each time it is told to. */
class Contender {
  private readonly child: ChildProcessWithoutNullStreams;
  private readonly lines: AsyncIterator<string>;

  constructor(program: string) {
    this.child = spawn(process.execPath, [program, folder]);
    this.lines = createInterface(this.child.stdout)[Symbol.asyncIterator]();
    contenders.add(this);
  }

  tell(word: string): void {
    this.child.stdin.write(`${word}\n`);
  }

  async hear(): Promise<string> {
    return ((await this.lines.next()).value as string | undefined) ?? 'died';
  }

  async kill(): Promise<void> {
    contenders.delete(this);
    const gone = once(this.child, 'exit');
    if (this.child.exitCode === null && this.child.kill('SIGKILL')) await gone;
  }
}

/** The module itself, compiled here: processes run no TypeScript. */
function writeProgram(): string {
  const source = readFileSync(join(PROJECT_FOLDER, 'tools/witness/sole-holder.ts'), 'utf8');
  const compilerOptions = { module: ModuleKind.ESNext, target: ScriptTarget.ES2022 };
  writeFileSync(join(base, 'sole-holder.mjs'), transpileModule(source, { compilerOptions }).outputText);
  const program = join(base, 'contender.mjs');
  writeFileSync(
    program,
    `import { createInterface } from 'node:readline';
     import { holdState } from './sole-holder.mjs';
     createInterface(process.stdin).on('line', () => {
       holdState(process.argv[2]).then(() => console.log('holds'), (error) => console.log(error.name));
     });
     console.log('ready');`,
  );
  return program;
}

describe('a state folder', () => {
  it('is held by exactly one of several that start at once after the holder was killed, many times', async () => {
    const program = writeProgram();
    const start = async () => {
      const contender = new Contender(program);
      expect(await contender.hear()).toBe('ready');
      return contender;
    };
    let all = await Promise.all(Array.from({ length: 6 }, start));
    for (let round = 0; round < proofCount(15, 500); round++) {
      for (const contender of all) contender.tell('hold');
      const answers = await Promise.all(all.map((contender) => contender.hear()));
      expect([...answers].sort(), `round ${round}`).toEqual([
        ...Array<string>(5).fill('StateInUse'),
        'holds',
      ]);
      const holder = all[answers.indexOf('holds')] as Contender;
      await holder.kill();
      all = [...all.filter((contender) => contender !== holder), await start()];
    }
    // Whatever was left by those that were killed or refused is gone, but for the last one's.
    expect(readdirSync(folder).length).toBeLessThanOrEqual(2);
  }, 300_000);

  it('is free again when it is given free, and held until then', async () => {
    for (let turn = 0; turn < 3; turn++) {
      const release = await holdState(folder);
      await expect(holdState(folder)).rejects.toThrow(StateInUse);
      await release();
    }
  });

  it('is not called held where it can not be held', async () => {
    await expect(holdState(join(folder, 'absent'))).rejects.toMatchObject({ name: 'Error' });
    const long = join(folder, 'x'.repeat(120));
    mkdirSync(long);
    await expect(holdState(long)).rejects.not.toThrow(StateInUse);
  });
});
