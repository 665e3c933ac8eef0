import { TreeReader } from '@integument/audit-log';
import { BenchLog } from '../bench-log.js';
import type { Figure } from '../figure.js';

const SMALL = 10_000;
const PROOFS = 500;

/** An entry's proof of inclusion in a long log, against one in a short log. */
export const auditProof: Figure = proofsIn('audit.proof', 1_000_000);

export const auditProofLong: Figure = { ...proofsIn('audit.proof_10m', 10_000_000), long: true };

function proofsIn(name: string, size: number): Figure {
  return {
    name,
    unit: 'ms',
    target: 2,
    higherIsBetter: false,
    rounds: 11,
    async open({ info }) {
      const [short, long] = [SMALL, size].map((each) => `bench_proof_${size}_of_${each}`);
      const small = await BenchLog.open(info.databases.vault, short as string);
      const large = await BenchLog.open(info.databases.vault, long as string);
      await small.fill(SMALL);
      await large.fill(size);
      return {
        figure: () => millisecondsEach(large, size),
        limit: () => millisecondsEach(small, SMALL),
        async close() {
          await Promise.all([small.close(), large.close()]);
        },
      };
    },
  };
}

/** One after the other: what somebody waits who asks for one. */
async function millisecondsEach({ unitOfWork }: BenchLog, size: number): Promise<number> {
  const tree = new TreeReader(unitOfWork);
  const started = performance.now();
  for (let n = 0; n < PROOFS; n++) await tree.inclusion(Math.floor(Math.random() * size), size);
  return (performance.now() - started) / PROOFS;
}
