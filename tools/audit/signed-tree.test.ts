import { beforeAll, describe, expect, it } from 'vitest';
import { SampleLog } from '../../libs/audit-log/src/core/export.fixture.js';
import {
  formatTilePath,
  generateNoteKey,
  leafHash,
  NoteSigner,
  openCheckpoint,
} from '../../libs/audit-log/src/core/index.js';
import { SignedTree } from './signed-tree.js';

const signer = NoteSigner.parse(generateNoteKey('vault.example/audit').skey);
const log = new SampleLog(signer);

/** The tree of a size, its tiles from an archive, and the paths that were read. */
function treeOf(size: number, files = log.archive(size), note = log.note(size)) {
  const read: string[] = [];
  const tree = new SignedTree(openCheckpoint(note, signer.verifier), (name) => {
    const path = formatTilePath(name);
    read.push(path);
    const bytes = files.get(path);
    return bytes ? Promise.resolve(bytes) : Promise.reject(new Error(`no ${path}`));
  });
  return { tree, read };
}

const isLeaf = async (tree: SignedTree, position: number) =>
  Buffer.compare(await tree.leaf(position), leafHash(log.entry(position))) === 0;

describe('a leaf hash of a signed tree', () => {
  it.each([1, 2, 3, 255, 256, 257, 511, 512, 513, 700])(
    'is that of the entry, in a log of %i entries',
    async (size) => {
      const { tree } = treeOf(size);
      for (const position of new Set([0, 1, 254, 255, 256, 300, 511, 512, size - 1]))
        if (position < size) expect(await isLeaf(tree, position)).toBe(true);
    },
  );

  describe('of three levels of tiles', () => {
    const size = 2 * 65_536 + 3 * 256 + 5;
    let files: Map<string, Uint8Array>;
    let note: string;
    beforeAll(() => {
      files = log.archive(size);
      note = log.note(size);
    }, 60_000);

    it('takes the edge once, and each tile on the way up once', async () => {
      const { tree, read } = treeOf(size, files, note);
      for (const position of [0, 1, 255, 256, 65_535, 65_536, size - 6, size - 1])
        expect(await isLeaf(tree, position)).toBe(true);
      expect(read.sort()).toEqual(
        [
          'tile/0/000',
          'tile/0/001',
          'tile/0/255',
          'tile/0/256',
          'tile/0/514',
          'tile/0/515.p/5',
          'tile/1/000',
          'tile/1/001',
          'tile/1/002.p/3',
          'tile/2/000.p/2',
        ].sort(),
      );
    });

    it('is refused if any hash on its way, or the edge, is not what was signed', async () => {
      for (const path of ['tile/0/001', 'tile/1/000', 'tile/2/000.p/2', 'tile/1/002.p/3', 'tile/0/515.p/5']) {
        const bytes = Uint8Array.from(files.get(path) ?? []);
        bytes[40] = (bytes[40] ?? 0) ^ 1;
        const { tree } = treeOf(size, new Map([...files, [path, bytes]]), note);
        await expect(tree.leaf(300)).rejects.toMatchObject({ code: 'tile.changed' });
      }
    });

    it('is refused with a tile of another length, or of another place', async () => {
      const first = files.get('tile/0/000') ?? new Uint8Array();
      for (const bytes of [new Uint8Array(), first.subarray(32), first]) {
        const { tree } = treeOf(size, new Map([...files, ['tile/0/001', bytes]]), note);
        await expect(tree.leaf(300)).rejects.toMatchObject({ code: 'tile.changed' });
      }
    });

    it('asks for a tile once, even at the same time', async () => {
      const { tree, read } = treeOf(size, files, note);
      await Promise.all([300, 301, 302, 70_000].map((position) => tree.leaf(position)));
      expect(new Set(read).size).toBe(read.length);
    });
  });

  it('is not there if a tile can’t be read', async () => {
    const { tree } = treeOf(300, new Map());
    await expect(tree.leaf(3)).rejects.toThrow('no tile/0/000');
  });
});
