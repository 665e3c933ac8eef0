import type { Machine } from './machine.js';

export interface TestRun {
  readonly machine: Machine;
  /** files by path; those of a folder as `folder/path`; what was saved appears here */
  readonly files: Map<string, Uint8Array>;
  out: string;
  error: string;
  /** how often something was begun to be written, and given up */
  dropped: number;
}

/** A machine whose files are in memory; standard input is the file `-`, standard output gets what is spooled to it. */
export function testMachine(
  files: Record<string, string | Uint8Array>,
  {
    isWatched = false,
    patienceMs = 10_000,
    fetch = () => Promise.reject(new Error('no network')),
    today = () => new Date(),
  }: Partial<Machine> = {},
): TestRun {
  const entries = Object.entries(files).map(([path, content]) => [path, Buffer.from(content)] as const);
  const stored = new Map<string, Uint8Array>(entries);
  const open = (path: string) => {
    const bytes = stored.get(path);
    if (!bytes) throw new Error(`no file ${path}`);
    return bytes;
  };
  let time = 0;
  const run: TestRun = { machine: undefined as never, files: stored, out: '', error: '', dropped: 0 };
  const machine: Machine = {
    async *readBytes(path) {
      const bytes = open(path ?? '-');
      for (let at = 0; at < bytes.length; at += 1_000)
        yield await Promise.resolve(bytes.subarray(at, at + 1_000));
    },
    readText: (path) => Promise.resolve().then(() => Buffer.from(open(path)).toString('utf8')),
    isFolder: (path) => Promise.resolve([...stored.keys()].some((name) => name.startsWith(`${path}/`))),
    readFileIn: (folder, path) => Promise.resolve(stored.get(`${folder}/${path}`)),
    openSpool: (path) => {
      let text = '';
      return Promise.resolve({
        write: (more: string) => {
          text += more;
          return Promise.resolve();
        },
        keep: () => {
          if (path === null) run.out += text;
          else stored.set(path, Buffer.from(text));
          return Promise.resolve();
        },
        drop: () => {
          run.dropped += 1;
          return Promise.resolve();
        },
      });
    },
    fetch,
    patienceMs,
    witnessMs: 0,
    write: (text) => {
      run.out += text;
      return Promise.resolve();
    },
    out: (text) => {
      run.out += text;
    },
    error: (text) => {
      run.error += text;
    },
    isWatched,
    // Each look at the clock finds it a second further.
    now: () => (time += 1_000),
    today,
  };
  return Object.assign(run, { machine });
}
