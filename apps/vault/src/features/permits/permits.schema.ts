export const permitsSchemaSql = `
CREATE TABLE permit (
  -- The data plane's name for the permit. It exists before the pseudonym does, which makes opening repeatable.
  gate_id     bytea CONSTRAINT permit_pk PRIMARY KEY CONSTRAINT permit_gate_length CHECK (octet_length(gate_id) = 16),
  pseudonym   bytea CONSTRAINT permit_pseudonym UNIQUE,
  person_id   bytea CONSTRAINT permit_person REFERENCES person ON DELETE RESTRICT,
  purpose     text,
  state       text NOT NULL CONSTRAINT permit_state CHECK (state IN ('open', 'frozen', 'destroyed')),
  epoch       integer NOT NULL CONSTRAINT permit_epoch CHECK (epoch > 0),
  domain_key  smallint CONSTRAINT permit_domain_key REFERENCES domain_key,
  wrapped_key bytea,
  -- A destroyed permit keeps its gate and epoch only, so that a late message cannot bring it back.
  CONSTRAINT permit_alive_is_whole CHECK (
    (state = 'destroyed' AND wrapped_key IS NULL AND person_id IS NULL AND pseudonym IS NULL) OR
    (state <> 'destroyed' AND wrapped_key IS NOT NULL AND person_id IS NOT NULL AND pseudonym IS NOT NULL
      AND purpose IS NOT NULL AND domain_key IS NOT NULL)
  )
);
CREATE UNIQUE INDEX permit_one_alive ON permit (person_id, purpose) WHERE state <> 'destroyed';

CREATE FUNCTION permit_moves_forward() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.state = 'destroyed' THEN
    RAISE EXCEPTION 'a destroyed permit stays destroyed' USING ERRCODE = 'IG004';
  END IF;
  IF NEW.epoch < OLD.epoch THEN
    RAISE EXCEPTION 'an epoch never falls' USING ERRCODE = 'IG004';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER permit_moves_forward BEFORE UPDATE ON permit FOR EACH ROW EXECUTE FUNCTION permit_moves_forward();
`;

export const declinedPermitsSql = `
-- Somebody said no before anything began: whose no it was, so that it counts in each of their sessions; no pseudonym, no key.
ALTER TABLE permit
  DROP CONSTRAINT permit_state,
  ADD CONSTRAINT permit_state CHECK (state IN ('open', 'frozen', 'declined', 'destroyed')),
  DROP CONSTRAINT permit_alive_is_whole,
  ADD CONSTRAINT permit_alive_is_whole CHECK (
    CASE state
      WHEN 'destroyed' THEN wrapped_key IS NULL AND person_id IS NULL AND pseudonym IS NULL
      WHEN 'declined' THEN wrapped_key IS NULL AND domain_key IS NULL AND pseudonym IS NULL AND subject IS NULL
        AND person_id IS NOT NULL AND purpose IS NOT NULL
      ELSE wrapped_key IS NOT NULL AND person_id IS NOT NULL AND pseudonym IS NOT NULL AND purpose IS NOT NULL
        AND domain_key IS NOT NULL
    END
  );

ALTER TABLE webhook_endpoint
  DROP CONSTRAINT webhook_endpoint_events,
  ADD CONSTRAINT webhook_endpoint_events CHECK (
    cardinality(events) > 0
    AND events <@ ARRAY['consent.given', 'consent.refused', 'consent.withdrawn', 'consent.objected', 'consent.ended',
      'person.erased']);
`;
