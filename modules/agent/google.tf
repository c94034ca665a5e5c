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
    auth_provider = optional(object({
      id          = optional(string)
      description = optional(string)
      api_key = optional(object({
        key_wo_version = number
      }))
      two_legged_oauth = optional(object({
        client_id                = string
        client_secret_wo_version = number
        token_url                = string
      }))
      three_legged_oauth = optional(object({
        authorization_url        = string
        client_id                = string
        client_secret_wo_version = number
        token_url                = string
        default_continue_uri     = optional(string)
        enable_pkce              = optional(bool)
      }))
      allowed_scopes = optional(list(string))
      blocked_scopes = optional(list(string))
      workloads      = optional(list(string))
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
    access_policy = optional(object({
      display_name = optional(string)
      bind_to      = optional(list(string))
      rules = list(object({
        description          = optional(string)
        effect               = optional(string)
        principals           = optional(list(string))
        excluded_principals  = optional(list(string))
        permissions          = list(string)
        excluded_permissions = optional(list(string))
        conditions           = optional(map(string))
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
  description = "What the identity has on Google Cloud alone, as `gcp` of `agent_identity`. With `gateways`, a suspension denies all calls through an Agent Gateway too (`suspension.deny_egress`), unless that is set here. The secret of `auth_provider` is `auth_provider_secret`: this has its version alone."
  default     = null
}

# Apart from `gcp`, all of which would be ephemeral with it.
variable "auth_provider_secret" {
  type        = string
  description = "The API key or the client secret of `gcp.auth_provider`. It is in neither plan nor state, and may come from an ephemeral resource; it is written when its version in `gcp.auth_provider` is another."
  default     = null
  ephemeral   = true
  sensitive   = true
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

  # The secret joins the way to authenticate that is set.
  ways = try({ for way in ["api_key", "two_legged_oauth", "three_legged_oauth"] : way => var.gcp.auth_provider[way] if var.gcp.auth_provider[way] != null }, {})
  auth_provider = try(var.gcp.auth_provider, null) == null ? null : merge(var.gcp.auth_provider, {
    for way, settings in local.ways : way => merge(settings, { (way == "api_key" ? "key_wo" : "client_secret_wo") = var.auth_provider_secret })
  })

  gcp = local.google || var.gcp != null ? merge(var.gcp, { suspension = local.suspension, auth_provider = local.auth_provider }) : null
}
