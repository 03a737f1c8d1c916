# A state whose key is encrypted by a key that never leaves its vault.

terraform {
  encryption {
    key_provider "azure_vault" "main" {
      vault_uri      = "https://kv-keys.vault.azure.net"
      vault_key_name = "states"
      key_length     = 32
    }

    method "aes_gcm" "main" {
      keys = key_provider.azure_vault.main
    }

    state {
      method   = method.aes_gcm.main
      enforced = true
    }
  }
}

resource "terraform_data" "a" {
  input = 1
}
