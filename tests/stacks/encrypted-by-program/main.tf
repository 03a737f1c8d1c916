# A state whose key a program gives.

terraform {
  encryption {
    key_provider "external" "main" {
      command = ["sh", "keys.sh"]
    }

    method "aes_gcm" "main" {
      keys = key_provider.external.main
    }

    state {
      method   = method.aes_gcm.main
      enforced = true
    }
  }
}

variable "password" {
  type      = string
  sensitive = true
  default   = "secret"
}

resource "terraform_data" "a" {
  input = var.password
}

output "password" {
  value     = terraform_data.a.output
  sensitive = true
}
