/**
 * How often a long proof repeats: a fraction in `make test`, the whole in `make prove`.
 * @example for (let kill = 0; kill < proofCount(5, 50); kill++) …
 */
export function proofCount(inTest: number, inProof: number): number {
  return process.env.PROVE === '1' ? inProof : inTest;
}
