/** Products are nobody's personal data: no gate, no key, nothing to erase. */
export const productsSchemaSql = `
CREATE TABLE product (
  -- "C": pages and locks follow the order of bytes, whatever the server's locale.
  product_id  text COLLATE "C" CONSTRAINT product_pk PRIMARY KEY,
  brand       text NOT NULL,
  name        text NOT NULL,
  -- Which words there are is the contract's business: a migration doesn't change with it.
  category    text NOT NULL CONSTRAINT product_category CHECK (category ~ '^[a-z-]{1,32}$'),
  price_cents integer NOT NULL CONSTRAINT product_price CHECK (price_cents >= 0),
  currency    text NOT NULL CONSTRAINT product_currency CHECK (currency ~ '^[A-Z]{3}$'),
  -- Lists are kept whole and in order, never searched by element here.
  ingredients jsonb NOT NULL CONSTRAINT product_ingredients CHECK (jsonb_typeof(ingredients) = 'array'),
  concerns    jsonb NOT NULL CONSTRAINT product_concerns CHECK (jsonb_typeof(concerns) = 'array'),
  skin_types  jsonb NOT NULL CONSTRAINT product_skin_types CHECK (jsonb_typeof(skin_types) = 'array')
);
CREATE INDEX product_by_category ON product (category, product_id);

-- One row. Its revision tells a recommender, by one cheap read, that the products it holds are out of date.
CREATE TABLE product_catalogue (
  only_row boolean CONSTRAINT product_catalogue_pk PRIMARY KEY CONSTRAINT product_catalogue_one CHECK (only_row),
  revision bigint NOT NULL
);
INSERT INTO product_catalogue (only_row, revision) VALUES (true, 0);
`;
