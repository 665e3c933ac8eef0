import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PROJECT_FOLDER } from '../project-folder.js';
import { OF_LIMITS, OF_MAIL, OF_SIGN_IN, OF_THE_LOG } from '../run/children.js';
import { GENERATED_FILES } from './files.js';
import { declaredRoutes, renderRoutes } from './routes.js';

const read = (path: string) => readFileSync(join(PROJECT_FOLDER, path), 'utf8');

describe('generated documents', () => {
  it.each(Object.entries(GENERATED_FILES))('%s is what the code says now', (path, render) => {
    expect(read(path), 'run `make build && node dist/tools/docs/main.js`').toBe(render());
  });

  it('list every declared route once', () => {
    const text = renderRoutes();
    const routes = declaredRoutes();
    expect(routes.length).toBeGreaterThan(40);
    for (const { method, path } of routes) expect(text.split(`\`${method} ${path}\``)).toHaveLength(2);
  });
});

describe('docs/configuration.md', () => {
  it('names every setting that the embedded run passes on', () => {
    const lists = [...read('tools/run/children.ts').matchAll(/passedOn: \[([^\]]*)\]/g)].join();
    const named = [...lists.matchAll(/'([A-Z_]{4,})'/g)].flatMap(([, name]) => name ?? []);
    const spread = { OF_LIMITS, OF_MAIL, OF_SIGN_IN, OF_THE_LOG };
    const listed = Object.entries(spread).flatMap(([list, names]) =>
      lists.includes(`...${list}`) ? names : [],
    );
    const passedOn = [...new Set([...named, ...listed])];
    const line =
      read('docs/configuration.md')
        .split('\n')
        .find((text) => text.startsWith('Passed on')) ?? '';
    expect([...line.matchAll(/[A-Z_]{4,}/g)].map(([name]) => name).sort()).toEqual(passedOn.sort());
  });
});

describe('written documents', () => {
  const folders = ['.', 'docs', 'docs/adr', 'deploy'];
  const documents = folders.flatMap((folder) =>
    readdirSync(join(PROJECT_FOLDER, folder)).flatMap((name) =>
      name.endsWith('.md') ? [join(folder, name)] : [],
    ),
  );

  it.each(documents)('%s links to files that are there', (document) => {
    const links = [...read(document).matchAll(/\]\(([^)#\s]+)(#[^)]*)?\)/g)].map(([, link = '']) => link);
    const missing = links.filter(
      (link) => !/^[a-z]+:/.test(link) && !existsSync(join(PROJECT_FOLDER, dirname(document), link)),
    );
    expect(missing).toEqual([]);
  });

  it.each(documents)('%s names files of the code that are there', (document) => {
    // In backquotes and with a folder: `apps/vault/src/config.ts`. Patterns and places of a build are something else.
    const names = [...read(document).matchAll(/`((?:apps|libs|tools|deploy|docs|bench)\/[\w./-]+\.\w+)`/g)];
    const missing = names.flatMap(([, path = '']) => (existsSync(join(PROJECT_FOLDER, path)) ? [] : [path]));
    expect(missing.filter((path) => !/^deploy\/(\.env|registry\.json|secrets\/)/.test(path))).toEqual([]);
  });
});
