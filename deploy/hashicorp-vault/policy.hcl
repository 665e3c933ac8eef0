# What the vault's process may do in the keyring: use two keys, and read their versions. No right to create, rotate, configure,
# export or delete a key: `update` alone on encrypt/ also keeps a misspelt name from making a new one.
path "transit/encrypt/integument" { capabilities = ["update"] }
path "transit/decrypt/integument" { capabilities = ["update"] }
path "transit/rewrap/integument" { capabilities = ["update"] }
path "transit/keys/integument" { capabilities = ["read"] }
# Strict mode's key (KEYRING_STRICT): under it lie the keys of single data keys. Take `decrypt` away, and within a minute the vault
# opens nobody's data any more.
path "transit/encrypt/integument-data-keys" { capabilities = ["update"] }
path "transit/decrypt/integument-data-keys" { capabilities = ["update"] }
path "transit/keys/integument-data-keys" { capabilities = ["read"] }
path "auth/token/renew-self" { capabilities = ["update"] }
