variable "targets" {
  type = map(object({
    protocol      = string
    url           = string
    path          = optional(string)
    enforcement   = optional(string)
    versions      = optional(list(string))
    keep_host     = optional(bool)
    tunnel        = optional(bool)
    allow_private = optional(bool)

    openapi = optional(string)
    operations = optional(map(object({
      method     = string
      path       = string
      parameters = optional(map(string))
      content    = optional(list(string))
    })))
    unmatched = optional(string)
    content   = optional(list(string))

    services    = optional(list(string))
    descriptors = optional(string)

    a2a = optional(object({
      jsonrpc      = optional(string)
      http_json    = optional(string)
      grpc         = optional(string)
      card         = optional(string)
      card_keys    = optional(string)
      card_max_age = optional(string)
      skill_key    = optional(string)
    }))

    tls = optional(object({
      ca                 = optional(string)
      server_name        = optional(string)
      spiffe_ids         = optional(list(string))
      client_svid        = optional(bool)
      minimum            = optional(string)
      client_certificate = optional(string)
    }))
    credentials = optional(list(object({
      kind                  = string
      header                = optional(string)
      prefix                = optional(string)
      value                 = optional(object({ secret = string, key = string }))
      token_url             = optional(string)
      client_id             = optional(string)
      client_authentication = optional(string)
      client_key            = optional(object({ secret = string, key = string }))
      client_key_id         = optional(string)
      scopes                = optional(list(string))
      resource              = optional(string)
      audience              = optional(string)
      subject               = optional(string)
    })))
    limits = optional(object({
      body                      = optional(number)
      answer                    = optional(number)
      json_depth                = optional(number)
      agent_rate                = optional(number)
      agent_burst               = optional(number)
      agent_concurrent_requests = optional(number)
      agent_concurrent_streams  = optional(number)
      body_time                 = optional(string)
      idle_time                 = optional(string)
      total_time                = optional(string)
    }))
    workload = optional(object({
      namespace = string
      selector = optional(object({
        match_labels = optional(map(string))
        match_expressions = optional(list(object({
          key      = string
          operator = string
          values   = optional(list(string))
        })))
      }))
    }))
    gcp = optional(object({
      unregistered      = optional(bool)
      registry_resource = optional(string)
      coarse            = optional(bool)
      service = optional(object({
        id           = optional(string)
        location     = optional(string)
        display_name = optional(string)
        description  = optional(string)
        interfaces = optional(list(object({
          url              = string
          protocol_binding = optional(string)
        })))
        content = optional(string)
      }))
    }))
  }))
  description = "What agents call, by name, as `targets` of `agent_gateway`: the outputs `target` of modules mcp-server, and A2A agents, REST APIs and gRPC services. Secrets are those of the gateway's namespace."
  nullable    = false

  validation {
    condition     = length(var.targets) > 0
    error_message = "Name at least one target: without any there is nothing to call."
  }
  validation {
    condition     = alltrue([for t in values(var.targets) : contains(["mcp", "a2a", "rest", "grpc"], t.protocol)])
    error_message = "A target speaks \"mcp\", \"a2a\", \"rest\" or \"grpc\"."
  }
}
