provider "azurerm" {
  features {}
}

variable "full" {
  default = false
}

variable "zones" {
  type    = set(string)
  default = ["1", "2"]
}

variable "password" {
  default   = "of-the-file"
  sensitive = true
}

variable "rule" {
  default = "shop"
}

resource "azurerm_resource_group" "main" {
  name     = "rg-edge"
  location = "westeurope"
}

resource "azurerm_virtual_network" "main" {
  name                = "vnet-edge"
  resource_group_name = azurerm_resource_group.main.name
  location            = azurerm_resource_group.main.location
  address_space       = ["10.30.0.0/16"]
}

resource "azurerm_subnet" "main" {
  name                 = "gateways"
  resource_group_name  = azurerm_resource_group.main.name
  virtual_network_name = azurerm_virtual_network.main.name
  address_prefixes     = ["10.30.0.0/24"]
}

resource "azurerm_public_ip" "main" {
  name                = "pip-edge"
  resource_group_name = azurerm_resource_group.main.name
  location            = azurerm_resource_group.main.location
  allocation_method   = "Static"
}

resource "azurerm_user_assigned_identity" "main" {
  name                = "id-edge"
  resource_group_name = azurerm_resource_group.main.name
  location            = azurerm_resource_group.main.location
}

# By which it reads its certificates. The gateway uses it, so nothing says that nobody could.
resource "azurerm_role_assignment" "main" {
  scope                = azurerm_resource_group.main.id
  role_definition_name = "Key Vault Secrets User"
  principal_id         = azurerm_user_assigned_identity.main.principal_id
}

resource "azurerm_application_gateway" "main" {
  name                = "agw-edge"
  resource_group_name = azurerm_resource_group.main.name
  location            = azurerm_resource_group.main.location
  zones               = var.zones
  http2_enabled       = var.full
  fips_enabled        = var.full
  tags                = var.full ? { team = "edge" } : null

  sku {
    name     = var.full ? "WAF_v2" : "Standard_v2"
    tier     = var.full ? "WAF_v2" : "Standard_v2"
    capacity = var.full ? null : 2
  }

  dynamic "autoscale_configuration" {
    for_each = var.full ? [1] : []
    content {
      min_capacity = 1
      max_capacity = 4
    }
  }

  identity {
    type         = "UserAssigned"
    identity_ids = [azurerm_user_assigned_identity.main.id]
  }

  gateway_ip_configuration {
    name      = "main"
    subnet_id = azurerm_subnet.main.id
  }

  frontend_ip_configuration {
    name                 = "public"
    public_ip_address_id = azurerm_public_ip.main.id
  }

  dynamic "frontend_ip_configuration" {
    for_each = var.full ? [1] : []
    content {
      name                          = "private"
      subnet_id                     = azurerm_subnet.main.id
      private_ip_address            = "10.30.0.10"
      private_ip_address_allocation = "Static"
    }
  }

  frontend_port {
    name = "http"
    port = 80
  }

  frontend_port {
    name = "https"
    port = 443
  }

  backend_address_pool {
    name         = "shop"
    fqdns        = var.full ? ["shop.example.net", "store.example.net"] : null
    ip_addresses = ["10.30.1.4"]
  }

  backend_http_settings {
    name                                = "shop"
    port                                = 8080
    protocol                            = "Http"
    cookie_based_affinity               = var.full ? "Enabled" : "Disabled"
    affinity_cookie_name                = var.full ? "shop" : null
    path                                = var.full ? "/shop/" : null
    pick_host_name_from_backend_address = var.full
    request_timeout                     = var.full ? 60 : null
    probe_name                          = var.full ? "alive" : null

    dynamic "connection_draining" {
      for_each = var.full ? [1] : []
      content {
        enabled           = true
        drain_timeout_sec = 30
      }
    }
  }

  http_listener {
    name                           = "http"
    frontend_ip_configuration_name = "public"
    frontend_port_name             = "http"
    protocol                       = "Http"
  }

  dynamic "http_listener" {
    for_each = var.full ? [1] : []
    content {
      name                           = "https"
      frontend_ip_configuration_name = "public"
      frontend_port_name             = "https"
      protocol                       = "Https"
      host_names                     = ["shop.example.net", "*.example.org"]
      ssl_certificate_name           = "shop"
      ssl_profile_name               = "strict"
      require_sni                    = true

      custom_error_configuration {
        status_code           = "HttpStatus502"
        custom_error_page_url = "https://example.net/502.html"
      }
    }
  }

  request_routing_rule {
    name                       = var.rule
    rule_type                  = "Basic"
    priority                   = 100
    http_listener_name         = "http"
    backend_address_pool_name  = var.full ? null : "shop"
    backend_http_settings_name = var.full ? null : "shop"

    redirect_configuration_name = var.full ? "to-https" : null
  }

  dynamic "request_routing_rule" {
    for_each = var.full ? [1] : []
    content {
      name                  = "paths"
      rule_type             = "PathBasedRouting"
      priority              = 200
      http_listener_name    = "https"
      url_path_map_name     = "paths"
      rewrite_rule_set_name = "headers"
    }
  }

  dynamic "url_path_map" {
    for_each = var.full ? [1] : []
    content {
      name                               = "paths"
      default_backend_address_pool_name  = "shop"
      default_backend_http_settings_name = "shop"

      path_rule {
        name                       = "images"
        paths                      = ["/images/*"]
        backend_address_pool_name  = "shop"
        backend_http_settings_name = "shop"
        rewrite_rule_set_name      = "headers"
      }
    }
  }

  dynamic "redirect_configuration" {
    for_each = var.full ? [1] : []
    content {
      name                 = "to-https"
      redirect_type        = "Permanent"
      target_listener_name = "https"
      include_path         = true
      include_query_string = true
    }
  }

  dynamic "probe" {
    for_each = var.full ? [1] : []
    content {
      name                                      = "alive"
      protocol                                  = "Http"
      path                                      = "/healthz"
      interval                                  = 30
      timeout                                   = 10
      unhealthy_threshold                       = 3
      pick_host_name_from_backend_http_settings = true

      match {
        status_code = ["200-399"]
      }
    }
  }

  dynamic "rewrite_rule_set" {
    for_each = var.full ? [1] : []
    content {
      name = "headers"

      rewrite_rule {
        name          = "hide"
        rule_sequence = 100

        condition {
          variable    = "var_uri_path"
          pattern     = "/(.*)"
          ignore_case = true
        }

        response_header_configuration {
          header_name  = "Server"
          header_value = "quay"
        }

        url {
          path = "/new/{var_uri_path_1}"
        }
      }
    }
  }

  dynamic "ssl_certificate" {
    for_each = var.full ? [1] : []
    content {
      name     = "shop"
      data     = base64encode("a file")
      password = var.password
    }
  }

  dynamic "trusted_client_certificate" {
    for_each = var.full ? [1] : []
    content {
      name = "staff"
      data = base64encode("another file")
    }
  }

  dynamic "ssl_profile" {
    for_each = var.full ? [1] : []
    content {
      name                             = "strict"
      trusted_client_certificate_names = ["staff"]
      verify_client_cert_issuer_dn     = true

      ssl_policy {
        policy_type = "Predefined"
        policy_name = "AppGwSslPolicy20220101S"
      }
    }
  }

  dynamic "waf_configuration" {
    for_each = var.full ? [1] : []
    content {
      enabled          = true
      firewall_mode    = "Prevention"
      rule_set_version = "3.2"

      disabled_rule_group {
        rule_group_name = "REQUEST-920-PROTOCOL-ENFORCEMENT"
        rules           = [920300, 920440]
      }

      exclusion {
        match_variable          = "RequestHeaderNames"
        selector_match_operator = "Equals"
        selector                = "x-shop"
      }
    }
  }

  dynamic "global" {
    for_each = var.full ? [1] : []
    content {
      request_buffering_enabled  = true
      response_buffering_enabled = false
    }
  }
}
