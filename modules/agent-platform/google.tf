variable "stack" {
  type        = string
  description = "`oss`: the agent-gateway in the cluster. `gcp`: Google's Agent Gateway before agents of GKE. Set it here too where the provider's stack is `gcp`."
  default     = "oss"
  nullable    = false

  validation {
    condition     = contains(["oss", "gcp"], var.stack)
    error_message = "The stack is \"oss\" or \"gcp\"."
  }
  validation {
    condition     = var.stack == "oss" || var.sidecar == null
    error_message = "Agents on GKE reach the gateway by their node's proxies: leave the sidecar out."
  }
}

variable "gcp" {
  type = object({
    project            = optional(string)
    project_number     = optional(string)
    location           = optional(string)
    id                 = optional(string)
    description        = optional(string)
    labels             = optional(map(string))
    data_plane         = optional(string)
    registries         = optional(list(string))
    network_attachment = optional(string)
    dns_peering = optional(object({
      domains        = list(string)
      target_network = string
      target_project = optional(string)
    }))
    resource_uris = optional(list(string))
    connectivity_template = optional(object({
      name               = optional(string)
      id                 = optional(string)
      description        = optional(string)
      labels             = optional(map(string))
      access_types       = optional(list(string))
      agent_compute      = optional(string)
      deployment_model   = optional(string)
      network_attachment = optional(string)
      vpc_egress         = optional(string)
      dns_peering = optional(object({
        domains        = list(string)
        target_network = string
      }))
      trust_config     = optional(string)
      additional_roots = optional(string)
    }))
    iap = optional(object({
      enabled   = optional(bool)
      version   = optional(string)
      timeout   = optional(string)
      fail_open = optional(bool)
    }))
    model_armor = optional(object({
      request_template  = optional(string)
      response_template = optional(string)
      template = optional(object({
        id                  = optional(string)
        labels              = optional(map(string))
        inspect_only        = optional(bool)
        responsible_ai      = optional(map(string))
        prompt_injection    = optional(string)
        malicious_uris      = optional(bool)
        sensitive_data      = optional(bool)
        inspect_template    = optional(string)
        deidentify_template = optional(string)
        multi_language      = optional(bool)
        log_operations      = optional(bool)
        log_sanitizing      = optional(bool)
      }))
      timeout   = optional(string)
      fail_open = optional(bool)
    }))
    deny_by_default = optional(bool)
    access_policy = optional(object({
      id = optional(string)
      rules = optional(list(object({
        description         = optional(string)
        effect              = optional(string)
        principals          = optional(list(string))
        excluded_principals = optional(list(string))
        condition           = optional(string)
      })))
    }))
    services = optional(map(object({
      location     = optional(string)
      display_name = optional(string)
      description  = optional(string)
      interfaces = optional(list(object({
        url              = string
        protocol_binding = optional(string)
      })))
      content = optional(string)
    })))
    principals = optional(map(string))
  })
  description = "What the gateway has on Google Cloud alone, as `gcp` of `agent_gateway`."
  default     = null
}

variable "binary_authorization" {
  type = object({
    project = optional(string)
    default_rule = optional(object({
      evaluation  = string
      enforcement = optional(string)
      attestors   = optional(list(string))
    }))
    cluster_rules = optional(map(object({
      evaluation  = string
      enforcement = optional(string)
      attestors   = optional(list(string))
    })))
    namespace_rules = optional(map(object({
      evaluation  = string
      enforcement = optional(string)
      attestors   = optional(list(string))
    })))
    service_account_rules = optional(map(object({
      evaluation  = string
      enforcement = optional(string)
      attestors   = optional(list(string))
    })))
    attestors = optional(map(object({
      description = optional(string)
      note        = string
      public_keys = list(object({
        id                  = optional(string)
        comment             = optional(string)
        pgp                 = optional(string)
        pem                 = optional(string)
        signature_algorithm = optional(string)
      }))
    })))
    exempt_images = optional(list(string))
    system_images = optional(bool)
    adopt         = optional(bool)
    on_destroy    = optional(string)
  })
  description = "What the project's Binary Authorization policy is to say, as `binary_authorization` of `agent_admission_policy`. Default: it is left alone."
  default     = null

  validation {
    condition     = var.binary_authorization == null || var.stack == "gcp"
    error_message = "Binary Authorization is Google's: set stack = \"gcp\", or leave it out."
  }
}

locals {
  google = var.stack == "gcp"
}
