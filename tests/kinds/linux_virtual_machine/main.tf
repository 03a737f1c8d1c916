provider "azurerm" {
  features {
    virtual_machine {
      delete_os_disk_on_deletion = var.delete_disk
    }
  }
}

variable "delete_disk" {
  default = true
}

variable "size" {
  default = "Standard_B2s"
}

variable "full" {
  default = false
}

variable "disk" {
  default = null
}

variable "image" {
  default = "server"
}

variable "key" {
  default = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGq1w5eO6dJ0Vb3lC3k0Jw2O4gqk8pB1qk6m0zW9QxYz jump\n"
}

resource "azurerm_resource_group" "main" {
  name     = "rg-jump"
  location = "westeurope"
}

resource "azurerm_virtual_network" "main" {
  name                = "vnet-jump"
  resource_group_name = azurerm_resource_group.main.name
  location            = azurerm_resource_group.main.location
  address_space       = ["10.20.0.0/16"]
}

resource "azurerm_subnet" "main" {
  name                 = "machines"
  resource_group_name  = azurerm_resource_group.main.name
  virtual_network_name = azurerm_virtual_network.main.name
  address_prefixes     = ["10.20.1.0/24"]
}

resource "azurerm_public_ip" "main" {
  name                = "pip-jump"
  resource_group_name = azurerm_resource_group.main.name
  location            = azurerm_resource_group.main.location
  allocation_method   = "Static"
}

resource "azurerm_network_interface" "main" {
  count               = 2
  name                = "nic-jump-${count.index}"
  resource_group_name = azurerm_resource_group.main.name
  location            = azurerm_resource_group.main.location

  ip_configuration {
    name                          = "main"
    subnet_id                     = azurerm_subnet.main.id
    private_ip_address_allocation = "Dynamic"
    public_ip_address_id          = count.index == 0 ? azurerm_public_ip.main.id : null
  }
}

resource "azurerm_linux_virtual_machine" "main" {
  name                       = "vm-jump"
  resource_group_name        = azurerm_resource_group.main.name
  location                   = azurerm_resource_group.main.location
  size                       = var.size
  admin_username             = "ops"
  network_interface_ids      = var.full ? azurerm_network_interface.main[*].id : [azurerm_network_interface.main[0].id]
  custom_data                = base64encode("#cloud-config\npackages: [kubectl]\n")
  zone                       = "1"
  secure_boot_enabled        = true
  vtpm_enabled               = true
  user_data                  = var.full ? base64encode("hello") : null
  encryption_at_host_enabled = var.full
  patch_mode                 = var.full ? "AutomaticByPlatform" : null
  reboot_setting             = var.full ? "IfRequired" : null
  license_type               = var.full ? "UBUNTU_PRO" : null
  extensions_time_budget     = var.full ? "PT1H" : null
  tags                       = var.full ? { team = "ops" } : null

  bypass_platform_safety_checks_on_user_schedule_enabled = var.full

  admin_ssh_key {
    username   = "ops"
    public_key = var.key
  }

  os_disk {
    caching                   = var.full ? "ReadOnly" : "ReadWrite"
    storage_account_type      = "Premium_LRS"
    disk_size_gb              = var.disk
    write_accelerator_enabled = var.full
  }

  source_image_reference {
    publisher = "Canonical"
    offer     = "ubuntu-24_04-lts"
    sku       = var.image
    version   = "latest"
  }

  identity {
    type = "SystemAssigned"
  }

  dynamic "additional_capabilities" {
    for_each = var.full ? [1] : []
    content {
      ultra_ssd_enabled = true
    }
  }

  dynamic "boot_diagnostics" {
    for_each = var.full ? [1] : []
    content {}
  }

  dynamic "termination_notification" {
    for_each = var.full ? [1] : []
    content {
      enabled = true
      timeout = "PT10M"
    }
  }

  dynamic "os_image_notification" {
    for_each = var.full ? [1] : []
    content {}
  }

  dynamic "gallery_application" {
    for_each = var.full ? [1] : []
    content {
      version_id = "${azurerm_resource_group.main.id}/providers/Microsoft.Compute/galleries/g/applications/a/versions/1.0.0"
      order      = 1
    }
  }
}

# Whoever is on it may ask the cluster.
resource "azurerm_role_assignment" "main" {
  scope                = azurerm_resource_group.main.id
  role_definition_name = "Azure Kubernetes Service Cluster User Role"
  principal_id         = azurerm_linux_virtual_machine.main.identity[0].principal_id
}

output "addresses" {
  value = [azurerm_linux_virtual_machine.main.private_ip_address, azurerm_linux_virtual_machine.main.public_ip_address]
}
