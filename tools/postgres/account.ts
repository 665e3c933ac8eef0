import { execFileSync, spawnSync } from 'node:child_process';

/** The operating system account that a PostgreSQL server runs as, where that isn't the caller's own. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
}

const NAME = 'postgres';

/**
 * PostgreSQL refuses to run as root. For root this gives the account `postgres`, made if the system has none; for an
 * ordinary user nothing, since the server then runs as that user.
 */
export function serverAccount(): Account | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const known = lookUp();
  if (known) return known;
  const made = spawnSync('useradd', ['--system', '--user-group', '--no-create-home', NAME], {
    encoding: 'utf8',
  });
  const account = lookUp();
  if (account) return account;
  const reason = made.stderr?.trim() || made.error?.message || 'useradd failed';
  throw new Error(`PostgreSQL can't run as root and the account "${NAME}" can't be made (${reason})`);
}

function lookUp(): Account | undefined {
  try {
    const id = (flag: string) =>
      Number(execFileSync('id', [flag, NAME], { stdio: ['ignore', 'pipe', 'ignore'] }));
    return { uid: id('-u'), gid: id('-g') };
  } catch {
    return undefined;
  }
}

/** Whether the account can enter a folder: asked of the system itself, since groups and ACLs count too. */
export function canEnter(folder: string, account: Account | undefined): boolean {
  return (
    spawnSync('/bin/sh', ['-c', 'cd -- "$0"', folder], { ...account, cwd: '/', stdio: 'ignore' }).status === 0
  );
}

/** Whether the account can run a program. */
export function canRun(program: string, account: Account | undefined): boolean {
  return spawnSync(program, ['--version'], { ...account, cwd: '/', stdio: 'ignore' }).status === 0;
}
