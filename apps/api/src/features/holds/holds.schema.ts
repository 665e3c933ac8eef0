export const holdsSchemaSql = `
-- On which ground, and until which day, what is behind a gate is not erased. The case's reference is sealed under a key of the API's
-- own: as plain text one case would join the permits that it is about.
CREATE TABLE permit_hold (
  hold_id     bytea CONSTRAINT permit_hold_pk PRIMARY KEY CONSTRAINT permit_hold_length CHECK (octet_length(hold_id) = 16),
  gate_id     bytea NOT NULL CONSTRAINT permit_hold_gate REFERENCES permit_gate,
  ground      text NOT NULL CONSTRAINT permit_hold_ground CHECK (ground IN ('legal-claims', 'legal-obligation')),
  reference   bytea NOT NULL,
  until_on    date NOT NULL,
  recorded_on date NOT NULL DEFAULT current_date,
  lifted_on   date
);
CREATE INDEX permit_hold_of_gate ON permit_hold (gate_id);

-- The last day on which it is kept; NULL where nothing keeps it.
CREATE FUNCTION permit_held_until(gate bytea) RETURNS date STABLE LANGUAGE sql AS $$
  SELECT max(until_on) FROM permit_hold WHERE gate_id = gate AND lifted_on IS NULL AND until_on >= current_date
$$;

-- A hold only grows old or is lifted, once; it goes with what it keeps, whoever erases that. So does its leading to a gate.
CREATE FUNCTION permit_hold_is_only_lifted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.lifted_on IS NOT NULL OR to_jsonb(NEW) - 'lifted_on' <> to_jsonb(OLD) - 'lifted_on' THEN
    RAISE EXCEPTION 'a hold is lifted, and nothing else of it changes' USING ERRCODE = 'IG003';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER permit_hold_is_only_lifted BEFORE UPDATE ON permit_hold
  FOR EACH ROW EXECUTE FUNCTION permit_hold_is_only_lifted();

CREATE FUNCTION permit_holds_go() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM permit_hold WHERE gate_id = NEW.gate_id;
  RETURN NULL;
END $$;
CREATE TRIGGER permit_holds_go AFTER UPDATE ON permit_gate
  FOR EACH ROW WHEN (OLD.pseudonym IS NOT NULL AND NEW.pseudonym IS NULL) EXECUTE FUNCTION permit_holds_go();

-- Its erasure has set out, and may have destroyed the key by now: too late to keep it. Only a yes that the vault has agreed to undoes this.
ALTER TABLE permit_gate ADD COLUMN erasing boolean NOT NULL DEFAULT false;
CREATE FUNCTION permit_gate_opens_unerased() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.erasing := false;
  RETURN NEW;
END $$;
CREATE TRIGGER permit_gate_opens_unerased BEFORE UPDATE ON permit_gate
  FOR EACH ROW WHEN (OLD.erasing AND NEW.state IN ('open', 'declined', 'destroyed'))
  EXECUTE FUNCTION permit_gate_opens_unerased();
`;
