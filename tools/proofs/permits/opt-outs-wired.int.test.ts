import { Idempotency, UnitOfWork } from '@integument/database';
import type { Find } from '@integument/http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  OPT_OUT_TOPIC,
  OptOutNotes,
  RecipientsHeard,
} from '../../../apps/api/src/features/opt-outs/index.js';
import { outboxHandlers, rounds } from '../../../apps/api/src/worker-duties.js';
import { OptOutStage } from './opt-out-stage.js';

let stage: OptOutStage;
beforeAll(async () => {
  stage = await OptOutStage.open('recommendation');
});
afterAll(() => stage.close());

/** What of the worker's this is about; the rest isn't called. */
const find: Find = <T>(token: abstract new (...args: never[]) => T): T => {
  const { notes, heard } = stage.optOuts;
  const made = new Map<unknown, unknown>([
    [UnitOfWork, stage.api.unitOfWork],
    [OptOutNotes, notes],
    [RecipientsHeard, heard],
    [Idempotency, null],
  ]);
  return (made.get(token) ?? {}) as T;
};

describe('an opt-out', () => {
  it('that was made elsewhere is heeded before something begins that nobody is asked for', async () => {
    const person = await stage.signedIn();
    const elsewhere = await stage.signedIn(person.personId);
    await elsewhere.optOut();
    await stage.sell('recommendation', 'fault-finding');
    await expect(person.acknowledge('fault-finding')).rejects.toMatchObject({ code: 'consent.objected' });
  });

  it('that stands, or that a browser says, is heeded at a sign-in', async () => {
    await stage.sell();
    const person = await stage.signedIn();
    await person.give('recommendation');
    await person.optOut();
    await stage.sell('recommendation');
    await stage.signedIn(person.personId);
    expect(await person.states()).toMatchObject({ recommendation: 'frozen' });
    const other = await stage.signedIn();
    await other.give('recommendation');
    await stage.signedIn(other.personId, { 'sec-gpc': '0' });
    expect(await other.states()).toMatchObject({ recommendation: 'open' });
    await stage.signedIn(other.personId, { 'sec-gpc': '1' });
    expect(await other.states()).toMatchObject({ recommendation: 'frozen' });
  });

  it('that the vault has still to hear of it is told by the worker', async () => {
    const person = await stage.signedIn();
    await person.optOut('limit-use');
    const kept = () => stage.vault.query('SELECT kind FROM opt_out WHERE person_id = $1', [person.personId]);
    await stage.vault.query('DELETE FROM opt_out');
    const messages = await stage.api.query<{ topic: string; payload: unknown }>(
      'SELECT topic, payload FROM outbox WHERE topic = $1',
      [OPT_OUT_TOPIC],
    );
    const handlers = outboxHandlers(find);
    for (const { payload } of messages) await handlers[OPT_OUT_TOPIC](payload, null as never);
    expect(await kept()).toEqual([{ kind: 'limit-use' }]);
  });

  it('ends its clock by the worker, each hour', async () => {
    await stage.api.query('TRUNCATE opt_out_clock');
    const person = await stage.signedIn();
    await person.give('recommendation');
    await person.optOut();
    const round = rounds(find, 60, { warn: () => undefined }).find(
      ({ task }) => task === 'opt-outs of which all have heard',
    );
    expect(round?.everyMs).toBe(3_600_000);
    await round?.run(new AbortController().signal);
    expect(await stage.clocks()).toMatchObject([{ done: true }]);
  });
});
