# HashiCorp Vault as the keyring's home: one node, its own storage, TLS by the internal authority.
ui            = false
disable_mlock = true # no swap on the host, please: with integrated storage, mlock is advised against
api_addr      = "https://hashicorp-vault:8200"
cluster_addr  = "https://hashicorp-vault:8201"

storage "raft" {
  path    = "/vault/file"
  node_id = "hashicorp-vault"
}

listener "tcp" {
  address         = "0.0.0.0:8200"
  tls_cert_file   = "/run/secrets/hashicorp-vault-crt"
  tls_key_file    = "/run/secrets/hashicorp-vault-key"
  tls_min_version = "tls13"
}
