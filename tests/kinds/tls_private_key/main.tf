variable "curve" {
  default = "P256"
}

resource "tls_private_key" "rsa" {
  algorithm = "RSA"
}

resource "tls_private_key" "curve" {
  algorithm   = "ECDSA"
  ecdsa_curve = var.curve
}

resource "tls_private_key" "edwards" {
  algorithm = "ED25519"
}

data "tls_public_key" "from_pem" {
  private_key_pem = tls_private_key.rsa.private_key_pem
}

data "tls_public_key" "from_openssh" {
  private_key_openssh = tls_private_key.edwards.private_key_openssh
}

output "same" {
  value = [
    data.tls_public_key.from_pem.public_key_openssh == tls_private_key.rsa.public_key_openssh,
    data.tls_public_key.from_pem.id == tls_private_key.rsa.id,
    data.tls_public_key.from_openssh.public_key_pem == tls_private_key.edwards.public_key_pem,
  ]
}

output "algorithms" {
  value = [data.tls_public_key.from_pem.algorithm, data.tls_public_key.from_openssh.algorithm]
}

output "fingerprint" {
  value = tls_private_key.edwards.public_key_fingerprint_sha256
}
