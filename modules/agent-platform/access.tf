variable "listeners" {
  type = map(object({
    port         = optional(number)
    url          = optional(string)
    authenticate = optional(list(string))
    minimum_tls  = optional(string)
    dpop_nonces  = optional(bool)
    origins      = optional(list(string))
    targets      = optional(list(string))
    enforcement  = optional(string)
  }))
  description = "Ports that agents call, by name. Default: `agents` at port 8443, with what `agent_gateway` asks for by itself."
  default     = null

  validation {
    condition     = alltrue([for l in values(coalesce(var.listeners, {})) : l.enforcement == null || contains(["enforce", "audit"], coalesce(l.enforcement, "enforce"))])
    error_message = "The enforcement of a listener is \"enforce\" or \"audit\"."
  }
}

variable "token_service" {
  type = object({
    lifetime = optional(string)
    listener = optional(string)
    bind     = optional(string)
    exchange = optional(list(string))
  })
  description = "The gateway's token service: agents get access tokens for their SVIDs, bound to their key and certificate. `null` for none: agents then show their SVID alone."
  default     = {}
}

variable "issuers" {
  type = map(object({
    jwks_uri      = optional(string)
    ca            = optional(string)
    algorithms    = optional(list(string))
    audiences     = optional(list(string))
    types         = optional(list(string))
    scopes        = optional(list(string))
    trust_domains = optional(list(string))
    unbound       = optional(bool)
    user_claim    = optional(string)
  }))
  description = "Foreign authorization servers whose access tokens are taken, by their issuer URL."
  default     = null
}

variable "trust" {
  type = map(object({
    bundle = optional(string)
    endpoint = optional(object({
      url       = string
      profile   = string
      spiffe_id = optional(string)
    }))
  }))
  description = "Foreign trust domains whose agents may call, by name."
  default     = null
}

variable "keys" {
  type = object({
    ids             = optional(list(string))
    existing_secret = optional(string)
  })
  description = "The secrets that all replicas share. To rotate, add an id in front of `ids`, and remove the last once nothing that it signed is in use."
  default     = null

  validation {
    condition     = var.keys == null || length(distinct(coalesce(try(var.keys.ids, null), ["1"]))) == length(coalesce(try(var.keys.ids, null), ["1"]))
    error_message = "An id is listed twice: each names one secret."
  }
}

variable "store" {
  type = object({
    url      = string
    password = optional(object({ secret = string, key = string }))
    ca       = optional(string)
    prefix   = optional(string)
    timeout  = optional(string)
  })
  description = "Redis or Valkey, by which replicas share used proofs, limits and sessions. Without it there can be one replica alone."
  default     = null

  validation {
    condition     = var.store == null || can(regex("^rediss?://", var.store.url))
    error_message = "The store's URL begins with rediss:// or redis://."
  }
}

variable "limits" {
  type = object({
    body                      = optional(number)
    answer                    = optional(number)
    header                    = optional(number)
    json_depth                = optional(number)
    concurrent_requests       = optional(number)
    concurrent_streams        = optional(number)
    streams_per_connection    = optional(number)
    agent_rate                = optional(number)
    agent_burst               = optional(number)
    agent_concurrent_requests = optional(number)
    agent_concurrent_streams  = optional(number)
    unauthenticated_rate      = optional(number)
    unauthenticated_burst     = optional(number)
    header_time               = optional(string)
    body_time                 = optional(string)
    idle_time                 = optional(string)
    total_time                = optional(string)
    drain_time                = optional(string)
  })
  description = "What one caller, and all together, can take of the gateway."
  default     = null
}
