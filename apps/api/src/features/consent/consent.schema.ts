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
