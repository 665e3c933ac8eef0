# What the vault's process may do in the keyring: use one key, and read its versions. No right to create, rotate, configure,
# export or delete a key: `update` alone on encrypt/ also keeps a misspelt name from making a new one.
path "transit/encrypt/integument" { capabilities = ["update"] }
path "transit/decrypt/integument" { capabilities = ["update"] }
path "transit/rewrap/integument" { capabilities = ["update"] }
path "transit/keys/integument" { capabilities = ["read"] }
path "auth/token/renew-self" { capabilities = ["update"] }
