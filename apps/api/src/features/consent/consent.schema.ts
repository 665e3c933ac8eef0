export const consentSchemaSql = `
-- Append-only. The exact time of an event stands in the audit log; here only the day, so that events of different
-- purposes cannot be joined by time.
CREATE TABLE consent_event (
  gate_id bytea NOT NULL CONSTRAINT consent_event_gate REFERENCES permit_gate,
  epoch   integer NOT NULL,
  kind    text NOT NULL CONSTRAINT consent_event_kind CHECK (kind IN ('given', 'renewed', 'withdrawn')),
  notice  bytea,
  on_day  date NOT NULL DEFAULT current_date,
  CONSTRAINT consent_event_pk PRIMARY KEY (gate_id, epoch),
  CONSTRAINT consent_event_has_notice CHECK ((kind = 'withdrawn') = (notice IS NULL))
);

CREATE FUNCTION consent_event_is_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'consent events are append-only' USING ERRCODE = 'IG003';
END $$;
CREATE TRIGGER consent_event_is_final BEFORE UPDATE OR DELETE ON consent_event
  FOR EACH ROW EXECUTE FUNCTION consent_event_is_final();
CREATE TRIGGER consent_event_not_emptied BEFORE TRUNCATE ON consent_event
  FOR EACH STATEMENT EXECUTE FUNCTION consent_event_is_final();
`;

export const consentReceiptsSql = `
-- When a consent ends unless it is given anew; of those from before, as long after as the purposes say today, and not before people
-- could be written to.
ALTER TABLE permit_gate ADD COLUMN ends_on date;
UPDATE permit_gate SET ends_on = greatest(changed_on + CASE purpose WHEN 'analytics' THEN 365 ELSE 730 END, current_date + 31)
  WHERE state = 'open';
ALTER TABLE permit_gate ADD CONSTRAINT permit_gate_open_ends CHECK (state <> 'open' OR ends_on IS NOT NULL);
CREATE INDEX permit_gate_ending ON permit_gate (ends_on) WHERE state = 'open';

-- A gate can stay open through several events, so they have a number of their own.
ALTER TABLE consent_event DISABLE TRIGGER consent_event_is_final;
ALTER TABLE consent_event ADD COLUMN number integer;
UPDATE consent_event SET number = epoch;
ALTER TABLE consent_event ENABLE TRIGGER consent_event_is_final;
ALTER TABLE consent_event
  ALTER COLUMN number SET NOT NULL,
  ADD COLUMN channel text NOT NULL DEFAULT 'web' CONSTRAINT consent_event_channel CHECK (channel IN ('web', 'app', 'none')),
  DROP CONSTRAINT consent_event_pk,
  ADD CONSTRAINT consent_event_pk PRIMARY KEY (gate_id, number),
  DROP CONSTRAINT consent_event_kind,
  ADD CONSTRAINT consent_event_kind CHECK (kind IN ('given', 'renewed', 'withdrawn', 'expired')),
  DROP CONSTRAINT consent_event_has_notice,
  ADD CONSTRAINT consent_event_has_notice CHECK ((kind IN ('given', 'renewed')) = (notice IS NOT NULL));
ALTER TABLE consent_event ALTER COLUMN channel DROP DEFAULT;

-- Receipts, with their exact times, under the permit's key: destroyed with it, they are nobody's. No gate has to be open for one,
-- since that of a withdrawal is kept, too.
CREATE TABLE consent_receipt (
  gate_id bytea NOT NULL,
  number  integer NOT NULL,
  sealed  bytea NOT NULL,
  CONSTRAINT consent_receipt_pk PRIMARY KEY (gate_id, number),
  CONSTRAINT consent_receipt_event FOREIGN KEY (gate_id, number) REFERENCES consent_event (gate_id, number)
);

CREATE TABLE receipt_key (
  kid   text CONSTRAINT receipt_key_pk PRIMARY KEY,
  x     text NOT NULL,
  y     text NOT NULL,
  since timestamptz NOT NULL DEFAULT now()
);
`;

export const consentEventsSql = `
-- Every kind of event that there is, and however it came here.
ALTER TABLE consent_event
  DROP CONSTRAINT consent_event_kind,
  ADD CONSTRAINT consent_event_kind CHECK (
    kind IN ('given', 'renewed', 'refused', 'withdrawn', 'expired', 'informed', 'objected')),
  DROP CONSTRAINT consent_event_channel,
  ADD CONSTRAINT consent_event_channel CHECK (channel IN ('web', 'app', 'guardian', 'import', 'signal', 'none')),
  DROP CONSTRAINT consent_event_has_notice,
  -- What somebody saw when they said yes or no; what ends needs none.
  ADD CONSTRAINT consent_event_has_notice CHECK (
    CASE WHEN kind IN ('given', 'renewed', 'informed') THEN notice IS NOT NULL
         WHEN kind IN ('withdrawn', 'expired') THEN notice IS NULL ELSE true END);

-- Somebody said no before anything began: there is no pseudonym, and no key, only that they were asked.
ALTER TABLE permit_gate
  DROP CONSTRAINT permit_gate_state,
  ADD CONSTRAINT permit_gate_state CHECK (state IN ('opening', 'open', 'frozen', 'declined', 'destroyed')),
  ADD CONSTRAINT permit_gate_declined_is_nobody CHECK (state <> 'declined' OR (pseudonym IS NULL AND subject IS NULL));
`;
