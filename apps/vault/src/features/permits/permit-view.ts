import type { GateId, PermitView, Pseudonym } from '@integument/contracts';
import { encodeId } from '@integument/crypto';
import type { LivePermit, PermitRow } from './permits.store.js';

export function isLive(permit: PermitRow): permit is LivePermit {
  return permit.state === 'open' || permit.state === 'frozen';
}

export function gateName({ gate_id }: Pick<PermitRow, 'gate_id'>): GateId {
  return encodeId('gat', gate_id) as GateId;
}

type Viewed = 'gate_id' | 'pseudonym' | 'subject' | 'purpose' | 'state' | 'epoch';

/** As the data plane is told of it. */
export function view(permit: Pick<LivePermit, Viewed>): PermitView {
  return {
    gate: gateName(permit),
    purpose: permit.purpose,
    pseudonym: encodeId('psn', permit.pseudonym) as Pseudonym,
    subject: permit.subject?.toString('base64url') ?? null,
    state: permit.state,
    epoch: permit.epoch,
  };
}
