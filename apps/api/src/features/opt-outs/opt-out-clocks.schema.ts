export const optOutClocksSql = `
-- How long an opt-out may take until its last recipient has heard of it. One for each gate that it closed or declined.
CREATE TABLE opt_out_clock (
  gate_id     bytea NOT NULL CONSTRAINT opt_out_clock_gate REFERENCES permit_gate,
  kind        text NOT NULL CONSTRAINT opt_out_clock_kind CHECK (kind IN ('sale-or-sharing', 'limit-use')),
  received_on date NOT NULL,
  due_on      date NOT NULL,
  done_on     date,
  CONSTRAINT opt_out_clock_pk PRIMARY KEY (gate_id, kind)
);
CREATE INDEX opt_out_clock_running ON opt_out_clock (due_on) WHERE done_on IS NULL;
`;

export const optOutClockEndsSql = `
-- Running for nothing: they allowed it again.
DELETE FROM opt_out_clock c USING permit_gate g WHERE g.gate_id = c.gate_id AND g.state = 'open';

ALTER TABLE opt_out_clock
  -- The gate's, just before: what is heard of one opt-out is not said of the next.
  ADD COLUMN epoch integer,
  -- When it was seen that a recipient never heard of it and never will.
  ADD COLUMN lost_on date,
  ADD CONSTRAINT opt_out_clock_one_end CHECK (done_on IS NULL OR lost_on IS NULL);
UPDATE opt_out_clock c SET epoch = g.epoch FROM permit_gate g WHERE g.gate_id = c.gate_id;
ALTER TABLE opt_out_clock ALTER COLUMN epoch SET NOT NULL;

-- Here, and not in a service: whoever says yes, the person, who answers for them or a list of before, allows it again.
CREATE FUNCTION opt_out_ends_with_a_yes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM opt_out_clock WHERE gate_id = NEW.gate_id;
  RETURN NULL;
END $$;
CREATE TRIGGER opt_out_ends_with_a_yes AFTER INSERT ON consent_event
  FOR EACH ROW WHEN (NEW.kind IN ('given', 'renewed')) EXECUTE FUNCTION opt_out_ends_with_a_yes();
`;
