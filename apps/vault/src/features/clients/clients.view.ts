import type { ClientView } from '@integument/contracts';
import type { ClientRow } from '../registry/index.js';

/** A client as staff see it. */
export function toReply({
  client_id: client,
  use,
  purposes,
  vouches_for: vouchesFor,
  dpop,
  origin,
  credentials,
  ...row
}: ClientRow) {
  return {
    client,
    use,
    purposes,
    vouchesFor,
    dpop,
    state: stateOf(row),
    origin,
    credentials: credentials.map(({ credential, not_before, not_after }) => ({
      credential,
      notBefore: not_before.toISOString(),
      notAfter: not_after?.toISOString() ?? null,
    })),
  } satisfies ClientView;
}

function stateOf({ removed, suspended }: Pick<ClientRow, 'removed' | 'suspended'>): ClientView['state'] {
  if (removed) return 'removed';
  return suspended ? 'suspended' : 'active';
}
