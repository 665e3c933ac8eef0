import type { ReceiptSigner } from '../../../apps/api/src/features/consent/receipt-keys.js';
import { testMachine } from '../../auditor/machine.fixture.js';
import { verifyCommand } from '../../verify/command.js';

/** A change of mind, or an event of the history. */
interface Receipted {
  readonly receipt: string | null;
}
type ReceiptRecord = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** The record of consent in a receipt, as it says it: whether it is signed is another question. */
export function recordOf(changed: Receipted | undefined): ReceiptRecord {
  const [, content] = changed?.receipt?.split('.') ?? [];
  if (content === undefined) throw new Error('no receipt');
  const receipt = JSON.parse(Buffer.from(content, 'base64url').toString('utf8')) as Record<string, unknown>;
  return receipt['dpv:hasRecordOfActivity'] as ReceiptRecord;
}

/** What the verifier says of a receipt, which trusts the public key alone. */
export async function verify({ receipt }: Receipted, { publicKey }: Pick<ReceiptSigner, 'publicKey'>) {
  const files = { 'r.jws': receipt ?? '', 'keys.json': JSON.stringify({ keys: [publicKey] }) };
  const run = testMachine(files);
  const status = await verifyCommand(['--receipt', 'r.jws', '--keys', 'keys.json'], run.machine);
  return { status, said: run.out || run.error };
}

export async function isProven(
  changed: Receipted,
  signer: Pick<ReceiptSigner, 'publicKey'>,
): Promise<boolean> {
  return (await verify(changed, signer)).status === 0;
}
