#!/bin/sh
# Makes the secrets of docker-compose.yml in deploy/secrets/: keys, certificates, passwords. What is there stays, so it can
# run again. Needs openssl; run it as root, since each file is given to the account that reads it and to no other.
#
#   sudo deploy/make-secrets.sh [folder]
#
# Two are yours to fill: oidc-client.secret, from your OpenID provider; and keyring.secret-id, with the keyring on HashiCorp Vault.
set -eu
umask 077
folder=${1:-$(dirname "$0")/secrets}
mkdir -p "$folder"
cd "$folder"

NODE=1000     # `node` in the image of Integument
POSTGRES=999  # `postgres` in the image of PostgreSQL
KEYRING=100   # `vault` in the image of HashiCorp Vault

# 32 random bytes, base64url without padding
secret() {
  [ -s "$1" ] || openssl rand -base64 32 | tr '+/' '-_' | tr -d '=\n' > "$1"
}

key() {
  [ -s "$1" ] || openssl genpkey -algorithm "$2" $3 -out "$1" 2> /dev/null
}

P256='-pkeyopt ec_paramgen_curve:P-256'

authority() {
  key internal-ca.key EC "$P256"
  [ -s internal-ca.crt ] || openssl req -x509 -new -key internal-ca.key -days 3650 -subj '/CN=Integument internal' \
    -addext 'basicConstraints=critical,CA:TRUE,pathlen:0' -addext 'keyUsage=critical,keyCertSign,cRLSign' -out internal-ca.crt
}

# name, extended key usage, subject alternative names
certificate() {
  key "$1.key" EC "$P256"
  [ -s "$1.crt" ] && return
  printf 'basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=critical,%s\nsubjectAltName=%s\n' \
    "$2" "$3" > "$1.ext"
  openssl req -new -key "$1.key" -subj "/CN=$1" |
    openssl x509 -req -CA internal-ca.crt -CAkey internal-ca.key -days 365 -extfile "$1.ext" -out "$1.crt" 2> /dev/null
  rm "$1.ext"
}

# A password file of libpq's form: the password isn't in the URL, and so in no environment. name, host, database and role
passwords() {
  secret "$1-superuser.password"
  secret "$1-role.password"
  printf '%s:5432:%s:%s:%s\n' "$2" "$1" "$1" "$(cat "$1-role.password")" > "$1.pgpass"
}

authority
# A name of the listener that the API calls, and of who each side is. The API's certificate names no host: it can't pose as one.
certificate vault-internal serverAuth 'DNS:vault,URI:spiffe://integument/vault'
certificate api-client clientAuth 'URI:spiffe://integument/api'
certificate hashicorp-vault serverAuth 'DNS:hashicorp-vault,IP:127.0.0.1'
secret keyring.key
secret platform.secret
key vault-audit.pem ED25519 ''
key api-audit.pem ED25519 ''
key receipt.pem EC "$P256"
passwords vault 127.0.0.1
passwords platform platform-postgres
[ -e oidc-client.secret ] || : > oidc-client.secret
[ -e keyring.secret-id ] || : > keyring.secret-id
chmod 600 ./*
chmod 644 internal-ca.crt

if [ "$(id -u)" -ne 0 ]; then
  echo 'Not run as root: the files are yours, and the containers will not be able to read them.' >&2
else
  chown 0:0 internal-ca.key
  chown "$NODE" internal-ca.crt vault-internal.* api-client.* keyring.key platform.secret ./*-audit.pem receipt.pem ./*.pgpass oidc-client.secret keyring.secret-id
  chown "$POSTGRES" ./*.password
  chown "$KEYRING" hashicorp-vault.*
fi
[ -s oidc-client.secret ] || echo "Write the OpenID client's secret to $(pwd)/oidc-client.secret"
