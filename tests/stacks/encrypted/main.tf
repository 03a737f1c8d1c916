# A state that is encrypted whole, as OpenTofu does it.

terraform {
  encryption {
    key_provider "pbkdf2" "main" {
      passphrase = var.passphrase
      iterations = 200000
    }

    method "aes_gcm" "main" {
      keys = key_provider.pbkdf2.main
    }

    state {
      method = method.aes_gcm.main
    }
  }
}

variable "passphrase" {
  type      = string
  sensitive = true
  default   = "correct-horse-battery-staple"
}

variable "password" {
  type      = string
  sensitive = true
  default   = "secret"
}

resource "terraform_data" "a" {
  input = {
    open     = "open"
    password = var.password
  }
}

output "password" {
  value     = terraform_data.a.output.password
  sensitive = true
}
