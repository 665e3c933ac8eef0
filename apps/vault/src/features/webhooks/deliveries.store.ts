import { type PurposeName, REPLAY_MAX, STOPPING_EVENTS, type WebhookEvent } from '@integument/contracts';
import { byteaArray, type Tx, textArray } from '@integument/database';
import type { Sent } from '@integument/webhooks';

/** A delivery that this process is to send. */
export interface ClaimedDelivery {
  readonly delivery_id: Buffer;
  readonly client_id: string;
  readonly pseudonym: Buffer;
  readonly event: WebhookEvent;
  readonly purpose: PurposeName | null;
  readonly happened_at: Date;
  /** names the claim: whoever comes late must not delay what another one holds now */
  readonly claims: number;
  /** that failed before */
  readonly attempts: number;
}

export interface DeadLetterRow {
  readonly delivery_id: Buffer;
  readonly event: WebhookEvent;
  readonly happened_at: Date;
  readonly attempts: number;
  readonly last_code: string | null;
  readonly last_status: number | null;
}

/** Random, though six bits of it are fixed: a delivery's name is no secret. */
const NEW_ID = 'uuid_send(gen_random_uuid())';

/** For all clients that have a name for the person and ask for it, in one statement. */
const ADD = {
  name: 'webhooks.add',
  // Locked, so that an endpoint that is removed just now is passed over, and fails nobody's withdrawal.
  text: `WITH told AS (
      SELECT e.client_id, p.pseudonym, CASE WHEN $2 = ANY(e.events) THEN $2 ELSE $4 END AS event
      FROM client_pseudonym p JOIN webhook_endpoint e USING (client_id)
      WHERE p.person_id = $1 AND ARRAY[$2, $4] && e.events FOR KEY SHARE OF e)
    INSERT INTO webhook_delivery (delivery_id, client_id, pseudonym, event, purpose)
    SELECT ${NEW_ID}, client_id, pseudonym, event, $3 FROM told`,
};

const ADD_MANY = {
  name: 'webhooks.add_many',
  text: `WITH told AS (
      SELECT e.client_id, p.pseudonym FROM client_pseudonym p JOIN webhook_endpoint e USING (client_id)
      WHERE p.person_id = ANY($1::bytea[]) AND $2 = ANY(e.events) FOR KEY SHARE OF e)
    INSERT INTO webhook_delivery (delivery_id, client_id, pseudonym, event, purpose)
    SELECT ${NEW_ID}, client_id, pseudonym, $2, $3 FROM told`,
};

/**
 * Of each endpoint as many as there is room for here, so that none holds up another. Of each person the first: the next one waits for
 * it, delivered or dead. A row that somebody else claims in this moment is passed over.
 */
const CLAIM = {
  name: 'webhooks.claim',
  text: `WITH free AS MATERIALIZED (
      SELECT e.client_id, greatest($1::int - coalesce(b.busy, 0), 0) AS room
      FROM webhook_endpoint e JOIN client c USING (client_id)
      LEFT JOIN unnest($2::text[], $3::int[]) AS b(client_id, busy) USING (client_id)
      WHERE e.state = 'on' AND NOT c.removed AND c.suspended_at IS NULL),
    due AS MATERIALIZED (
      SELECT found.delivery_id FROM free CROSS JOIN LATERAL (
        SELECT w.delivery_id FROM webhook_delivery w
        WHERE w.client_id = free.client_id AND w.state = 'waiting' AND w.due_at <= now()
          AND NOT EXISTS (SELECT FROM webhook_delivery b WHERE b.client_id = w.client_id
            AND b.pseudonym = w.pseudonym AND b.seq < w.seq AND b.state = 'waiting')
        ORDER BY w.due_at, w.seq LIMIT free.room FOR UPDATE SKIP LOCKED) AS found)
    UPDATE webhook_delivery d SET claims = claims + 1, leased_until = now() + $4 * interval '1 millisecond',
      due_at = now() + $4 * interval '1 millisecond'
    FROM due WHERE d.delivery_id = due.delivery_id
    RETURNING d.delivery_id, d.client_id, d.pseudonym, d.event, d.purpose, d.happened_at, d.claims, d.attempts`,
};

export class DeliveriesStore {
  /** @param otherwise what those are told who don't ask for the event, if they ask for this */
  add(tx: Tx, personId: Buffer, event: WebhookEvent, purpose: PurposeName, otherwise = event): void {
    tx.send(ADD, [personId, event, purpose, otherwise]);
  }

  /** The same of many people, no one of them twice. */
  addMany(tx: Tx, people: readonly Buffer[], event: WebhookEvent, purpose: PurposeName): void {
    tx.send(ADD_MANY, [byteaArray(people), event, purpose]);
  }

  /**
   * Forgets what was not told of somebody, and tells that they were erased. Needs their names, so it comes before these go.
   * What is being sent just now may still arrive: the news waits until it has, so that it comes last.
   */
  async addErased(tx: Tx, personId: Buffer): Promise<void> {
    await tx.query(
      `SELECT FROM webhook_endpoint e JOIN client_pseudonym p USING (client_id)
       WHERE p.person_id = $1 ORDER BY e.client_id FOR KEY SHARE OF e`,
      [personId],
    );
    await tx.query(
      `WITH names AS MATERIALIZED (SELECT client_id, pseudonym FROM client_pseudonym WHERE person_id = $1),
       gone AS (
         DELETE FROM webhook_delivery d USING names n
         WHERE d.client_id = n.client_id AND d.pseudonym = n.pseudonym RETURNING d.client_id, d.leased_until)
       INSERT INTO webhook_delivery (delivery_id, client_id, pseudonym, event, due_at)
       SELECT ${NEW_ID}, e.client_id, n.pseudonym, 'person.erased',
         greatest(now(), (SELECT max(leased_until) FROM gone WHERE gone.client_id = e.client_id))
       FROM webhook_endpoint e JOIN names n USING (client_id) WHERE 'person.erased' = ANY(e.events)`,
      [personId],
    );
  }

  /** @param busy how many this process has in hand, by client */
  claim(
    tx: Tx,
    busy: ReadonlyMap<string, number>,
    most: number,
    leaseMs: number,
  ): Promise<ClaimedDelivery[]> {
    return tx.query<ClaimedDelivery>(CLAIM, [most, [...busy.keys()], [...busy.values()], leaseMs]);
  }

  /** What was given up before about the same person and purpose is out of date with it. */
  async delivered(tx: Tx, { delivery_id }: ClaimedDelivery): Promise<void> {
    await tx.query(
      `WITH gone AS (
         DELETE FROM webhook_delivery d USING webhook_delivery heard
         WHERE heard.delivery_id = $1 AND (d.delivery_id = $1 OR (d.client_id = heard.client_id AND d.pseudonym = heard.pseudonym
           AND d.purpose = heard.purpose AND d.seq < heard.seq AND d.state <> 'waiting'))
         RETURNING d.pseudonym, d.purpose)
       DELETE FROM webhook_unheard u USING gone
       WHERE u.pseudonym = gone.pseudonym AND u.purpose = gone.purpose AND NOT u.for_good`,
      [delivery_id],
    );
  }

  /** @param pauseMs until the next attempt; null: this was the last. @returns whether it was still this one's */
  async failed(
    tx: Tx,
    { delivery_id, claims }: ClaimedDelivery,
    { code, status }: Sent,
    pauseMs: number | null,
  ) {
    const rows = await tx.query(
      `UPDATE webhook_delivery SET attempts = attempts + 1, leased_until = NULL, last_code = $3, last_status = $4,
         due_at = now() + coalesce($5::float8, 0) * interval '1 millisecond',
         state = CASE WHEN $5::float8 IS NULL THEN 'dead' ELSE 'waiting' END,
         died_at = CASE WHEN $5::float8 IS NULL THEN now() END
       WHERE delivery_id = $1 AND claims = $2 AND state = 'waiting' RETURNING 1`,
      [delivery_id, claims, code, status, pauseMs],
    );
    return rows.length === 1;
  }

  findDead(tx: Tx, client: string, limit: number): Promise<DeadLetterRow[]> {
    return tx.query<DeadLetterRow>(
      `SELECT delivery_id, event, happened_at, attempts, last_code, last_status FROM webhook_delivery
       WHERE client_id = $1 AND state = 'dead' ORDER BY seq LIMIT $2`,
      [client, limit],
    );
  }

  /** @param deliveries the oldest when null. @returns how many of them were dead */
  async revive(tx: Tx, client: string, deliveries: readonly Buffer[] | null): Promise<number> {
    const rows = await tx.query(
      `UPDATE webhook_delivery SET state = 'waiting', died_at = NULL, attempts = 0, due_at = now(), queued_at = now()
       WHERE delivery_id IN (SELECT delivery_id FROM webhook_delivery
         WHERE client_id = $1 AND state = 'dead' AND ($2::bytea[] IS NULL OR delivery_id = ANY($2))
         ORDER BY seq LIMIT ${REPLAY_MAX} FOR UPDATE)
       RETURNING 1`,
      [client, deliveries],
    );
    return rows.length;
  }

  /**
   * What waits at an endpoint that is off, or of a client that is suspended, dies too; what is dead goes. That somebody was never told
   * to stop is remembered, and can't be sent any more.
   */
  async sweep(
    tx: Tx,
    { deadAfterHours, keptDays }: { deadAfterHours: number; keptDays: number },
  ): Promise<void> {
    await tx.query(
      `UPDATE webhook_delivery SET state = 'dead', died_at = now(), leased_until = NULL
       WHERE state = 'waiting' AND queued_at < now() - $1 * interval '1 hour'
         AND (leased_until IS NULL OR leased_until < now())`,
      [deadAfterHours],
    );
    await tx.query(
      `UPDATE webhook_delivery SET state = 'lost'
       WHERE state = 'dead' AND died_at < now() - $1 * interval '1 day' AND event = ANY($2::text[])`,
      [keptDays, textArray(STOPPING_EVENTS)],
    );
    await tx.query(
      `DELETE FROM webhook_delivery WHERE state = 'dead' AND died_at < now() - $1 * interval '1 day'`,
      [keptDays],
    );
  }
}
