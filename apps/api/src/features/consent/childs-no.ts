import type { Tx } from '@integument/database';
import type { ApiPerson } from '../../platform/callers.js';
import type { Gate } from '../permits/index.js';
import { childSaidNo } from './consent.errors.js';
import type { ConsentStore } from './consent.store.js';
import { isTheirOwnNo } from './nos.js';

/**
 * Who answers for a child says yes in its place, not against it.
 * @param gate held by the caller; null where the vault knows of a no whose event a crash has kept from here: then nobody can say whose it was
 * @throws CodedError `consent.child_said_no`
 */
export async function demandNoChildsNo(
  tx: Tx,
  store: ConsentStore,
  { guardian }: ApiPerson,
  gate: Gate | null,
): Promise<void> {
  // With what was collected the no is forgotten, as everything is.
  if (!guardian || gate?.state === 'destroyed') return;
  const last = gate && (await store.findLast(tx, gate.gate_id));
  if (!gate || (last && isTheirOwnNo(last))) throw childSaidNo();
}
