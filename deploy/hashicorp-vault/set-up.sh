#!/bin/sh
# Prepares HashiCorp Vault, or OpenBao with VAULT=bao, as the keyring: the transit engine, the root key and strict mode's, a policy for their use,
# and a role for the vault's process. An engine and keys that are there stay, so it can run again. By an operator, with VAULT_ADDR,
# VAULT_CACERT, VAULT_TOKEN and, where there are any, VAULT_NAMESPACE, KEYRING_TRANSIT_MOUNT,
# KEYRING_TRANSIT_KEY and KEYRING_STRICT_KEY.
# Prints the role's id, which is no secret.
set -eu
here=$(dirname "$0")
vault=${VAULT:-vault}
mount=${KEYRING_TRANSIT_MOUNT:-transit}
key=${KEYRING_TRANSIT_KEY:-integument}
strict=${KEYRING_STRICT_KEY:-integument-data-keys}

"$vault" secrets list -format=json | grep -q "\"$mount/\"" || "$vault" secrets enable -path="$mount" transit >&2

# `derived`: what is wrapped is bound to its place; the vault's process refuses a key that isn't.
for name in "$key" "$strict"; do
  "$vault" read "$mount/keys/$name" > /dev/null 2>&1 ||
    "$vault" write "$mount/keys/$name" type=aes256-gcm96 derived=true exportable=false allow_plaintext_backup=false >&2
done

sed -e "s|^path \"transit/\([a-z]*\)/integument\"|path \"$mount/\1/$key\"|" \
  -e "s|^path \"transit/\([a-z]*\)/integument-data-keys\"|path \"$mount/\1/$strict\"|" "$here/policy.hcl" |
  "$vault" policy write integument-vault - >&2
"$vault" auth list -format=json | grep -q '"approle/"' || "$vault" auth enable approle >&2

# Tokens live ten minutes unless they are renewed, and a day at most. The secret is used at every sign-in, so it has no end of
# uses; where the vault's process always has the same address, add secret_id_bound_cidrs and token_bound_cidrs.
"$vault" write auth/approle/role/integument-vault token_policies=integument-vault token_no_default_policy=true \
  token_type=service token_ttl=10m token_max_ttl=24h secret_id_num_uses=0 secret_id_ttl=0 >&2

"$vault" read -field=role_id auth/approle/role/integument-vault/role-id
