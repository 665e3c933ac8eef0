export const webhooksSchemaSql = `
ALTER TABLE domain_key
  DROP CONSTRAINT domain_key_domain,
  ADD CONSTRAINT domain_key_domain CHECK (domain IN (
    'person', 'permit', 'index', 'session', 'model', 'evidence', 'factor', 'token', 'format', 'name', 'webhook'));

-- Where an identity client is told, and what. One for a client.
CREATE TABLE webhook_endpoint (
  client_id     text CONSTRAINT webhook_endpoint_pk PRIMARY KEY
    CONSTRAINT webhook_endpoint_client REFERENCES client,
  url           text NOT NULL,
  events        text[] NOT NULL CONSTRAINT webhook_endpoint_events CHECK (
    cardinality(events) > 0
    AND events <@ ARRAY['consent.given', 'consent.withdrawn', 'consent.ended', 'person.erased']),
  state         text NOT NULL DEFAULT 'on' CONSTRAINT webhook_endpoint_state CHECK (state IN ('on', 'off')),
  off_because   text CONSTRAINT webhook_endpoint_reason CHECK (off_because IN ('failing', 'gone')),
  -- Since when every attempt has failed.
  failing_since timestamptz,
  CONSTRAINT webhook_endpoint_off CHECK ((state = 'off') = (off_because IS NOT NULL))
);

-- The key itself is the secret. Two for a day, while one takes the other's place.
CREATE TABLE webhook_secret (
  secret_id  bytea CONSTRAINT webhook_secret_pk PRIMARY KEY,
  client_id  text NOT NULL CONSTRAINT webhook_secret_endpoint REFERENCES webhook_endpoint ON DELETE CASCADE,
  domain_key smallint NOT NULL CONSTRAINT webhook_secret_domain_key REFERENCES domain_key,
  wrapped    bytea NOT NULL,
  made_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
  -- Null: until another takes its place.
  not_after  timestamptz
);
CREATE UNIQUE INDEX webhook_secret_one_current ON webhook_secret (client_id) WHERE not_after IS NULL;
CREATE INDEX webhook_secret_of_client ON webhook_secret (client_id);
CREATE TRIGGER webhook_secret_under_a_key BEFORE INSERT OR UPDATE OF domain_key ON webhook_secret
  FOR EACH ROW EXECUTE FUNCTION domain_key_is_there();

-- What is still to be told, or could not be. A row goes when it has been delivered.
CREATE TABLE webhook_delivery (
  delivery_id  bytea CONSTRAINT webhook_delivery_pk PRIMARY KEY,
  client_id    text NOT NULL CONSTRAINT webhook_delivery_endpoint REFERENCES webhook_endpoint ON DELETE CASCADE,
  -- The client's own name for the person. No reference: that somebody was erased is told when the name is gone.
  pseudonym    bytea NOT NULL,
  event        text NOT NULL,
  purpose      text,
  happened_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
  -- Of one person in the order in which it happened: what changes a permit waits for its lock.
  seq          bigint GENERATED ALWAYS AS IDENTITY,
  state        text NOT NULL DEFAULT 'waiting' CONSTRAINT webhook_delivery_state CHECK (state IN ('waiting', 'dead')),
  queued_at    timestamptz NOT NULL DEFAULT now(),
  due_at       timestamptz NOT NULL DEFAULT now(),
  -- While somebody is sending it.
  leased_until timestamptz,
  claims       integer NOT NULL DEFAULT 0,
  attempts     integer NOT NULL DEFAULT 0,
  last_code    text,
  last_status  integer,
  died_at      timestamptz,
  CONSTRAINT webhook_delivery_purpose CHECK ((event = 'person.erased') = (purpose IS NULL)),
  CONSTRAINT webhook_delivery_dead CHECK ((state = 'dead') = (died_at IS NOT NULL))
);
CREATE INDEX webhook_delivery_due ON webhook_delivery (client_id, due_at) WHERE state = 'waiting';
CREATE INDEX webhook_delivery_of_person ON webhook_delivery (client_id, pseudonym, seq);
CREATE INDEX webhook_delivery_dead_letters ON webhook_delivery (client_id, seq) WHERE state = 'dead';

-- The name can be registered again, by somebody else: whoever removes a client ends its telling, the console, the file or an operator.
CREATE FUNCTION webhook_goes_with_its_client() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM webhook_endpoint WHERE client_id = NEW.client_id;
  RETURN NULL;
END $$;
CREATE TRIGGER webhook_goes_with_its_client AFTER UPDATE OF removed ON client
  FOR EACH ROW WHEN (NEW.removed AND NOT OLD.removed) EXECUTE FUNCTION webhook_goes_with_its_client();
`;

export const lostDeliveriesSql = `
-- Lost: that somebody was to stop, of which they never heard and can't be told any more. Goes when something later about the same person
-- and purpose has arrived, with the endpoint and with the person.
ALTER TABLE webhook_delivery
  DROP CONSTRAINT webhook_delivery_state,
  ADD CONSTRAINT webhook_delivery_state CHECK (state IN ('waiting', 'dead', 'lost')),
  DROP CONSTRAINT webhook_delivery_dead,
  ADD CONSTRAINT webhook_delivery_dead CHECK ((state = 'waiting') = (died_at IS NULL));
`;

export const unheardStopsSql = `
-- That somebody was to stop and never heard of it, where the endpoint is gone at which the message waited or was given up. Goes with the
-- person, and when the client has heard something later of the same person and purpose.
CREATE TABLE webhook_unheard (
  pseudonym bytea NOT NULL CONSTRAINT webhook_unheard_name REFERENCES client_pseudonym ON DELETE CASCADE,
  purpose   text NOT NULL,
  -- The client was removed: who hears of it later under its name may be somebody else.
  for_good  boolean NOT NULL DEFAULT false,
  CONSTRAINT webhook_unheard_pk PRIMARY KEY (pseudonym, purpose)
);

-- Before, while there still are deliveries. An erasure holds the endpoints that know the person, so that no name goes meanwhile.
CREATE FUNCTION keep_unheard_stops() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO webhook_unheard (pseudonym, purpose)
    SELECT DISTINCT d.pseudonym, d.purpose FROM webhook_delivery d JOIN client_pseudonym USING (pseudonym)
    WHERE d.client_id = OLD.client_id AND d.event IN ('consent.refused', 'consent.withdrawn', 'consent.objected')
    ON CONFLICT DO NOTHING;
  RETURN OLD;
END $$;
CREATE TRIGGER webhook_stops_unheard BEFORE DELETE ON webhook_endpoint
  FOR EACH ROW EXECUTE FUNCTION keep_unheard_stops();

CREATE OR REPLACE FUNCTION webhook_goes_with_its_client() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM webhook_endpoint WHERE client_id = NEW.client_id;
  UPDATE webhook_unheard u SET for_good = true FROM client_pseudonym c
    WHERE c.pseudonym = u.pseudonym AND c.client_id = NEW.client_id;
  RETURN NULL;
END $$;
`;
