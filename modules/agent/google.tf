variable "stack" {
  type        = string
  description = "`oss`: SPIRE. `gcp`: Google's own identities. Default: the provider's. A change is one apply: the new identity is made before the old one is removed."
  default     = null

  validation {
    condition     = var.stack == null || contains(["oss", "gcp"], coalesce(var.stack, "oss"))
    error_message = "The stack is \"oss\" or \"gcp\"."
  }
}

variable "gcp" {
  type = object({
    project        = optional(string)
    project_number = optional(string)
    location       = optional(string)
    organization   = optional(string)
    runtime        = optional(string)
    agent_runtime = optional(object({
      engine                    = optional(string)
      description               = optional(string)
      client_to_agent_gateway   = optional(string)
      agent_to_anywhere_gateway = optional(string)
      force_delete              = optional(bool)
    }))
    gke = optional(object({
      functional_type = optional(string)
      agent_card      = optional(string)
      principal       = optional(string)
      keys            = optional(map(string))
    }))
    managed = optional(object({
      pool = object({
        id           = string
        create       = optional(bool)
        display_name = optional(string)
        description  = optional(string)
        certificate_issuance = optional(object({
          ca_pools                   = optional(map(string))
          shared_ca                  = optional(bool)
          key_algorithm              = optional(string)
          lifetime                   = optional(string)
          rotation_window_percentage = optional(number)
        }))
        trust = optional(map(object({
          trust_anchors = optional(list(string))
          shared_ca     = optional(bool)
        })))
      })
      namespace         = optional(string)
      create_namespace  = optional(bool)
      id                = optional(string)
      description       = optional(string)
      attestation_rules = optional(list(string))
    }))
    principal_access_boundary = optional(object({
      display_name        = optional(string)
      enforcement_version = optional(string)
      bind_to             = optional(string)
      condition           = optional(string)
      rules = list(object({
        description = optional(string)
        resources   = list(string)
      }))
    }))
    deny_policy = optional(object({
      display_name  = optional(string)
      attach_points = optional(list(string))
      rules = list(object({
        description           = optional(string)
        principals            = optional(list(string))
        exception_principals  = optional(list(string))
        permissions           = list(string)
        exception_permissions = optional(list(string))
        condition             = optional(string)
        condition_title       = optional(string)
      }))
    }))
    suspension = optional(object({
      permissions   = optional(list(string))
      attach_points = optional(list(string))
      deny_egress   = optional(bool)
      disable       = optional(list(string))
    }))
  })
  description = "What the identity has on Google Cloud alone, as `gcp` of `agent_identity`. With `gateways`, a suspension denies all calls through an Agent Gateway too (`suspension.deny_egress`), unless that is set here."
  default     = null
}

locals {
  google = var.stack == "gcp"

  # A gateway of Google's is told of a suspension by an access policy, and not by its name.
  suspension = !local.google || length(var.gateways) == 0 ? try(var.gcp.suspension, null) : {
    permissions   = try(var.gcp.suspension.permissions, null)
    attach_points = try(var.gcp.suspension.attach_points, null)
    deny_egress   = try(coalesce(var.gcp.suspension.deny_egress), true)
    disable       = try(var.gcp.suspension.disable, null)
  }
  gcp = local.google || var.gcp != null ? merge(var.gcp, { suspension = local.suspension }) : null
}
