variable "text" {
  default = "hello"
}

variable "name" {
  default = "out/note.txt"
}

resource "local_file" "note" {
  filename        = var.name
  content         = var.text
  file_permission = "0644"
}

resource "local_sensitive_file" "key" {
  filename       = "key.bin"
  content_base64 = base64encode("secret")
}

data "local_file" "note" {
  filename   = local_file.note.filename
  depends_on = [local_file.note]
}

output "read" {
  value = "${data.local_file.note.content} ${local_file.note.content_md5}"
}
