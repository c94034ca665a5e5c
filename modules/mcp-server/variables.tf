variable "name" {
  type        = string
  description = "The server's name, a DNS label: that of its identity, and usually that of its target."
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$", var.name))
    error_message = "The name must be a DNS label: up to 63 lower case letters and digits, with - between them."
  }
  validation {
    condition     = length(var.name) + length(var.namespace) <= 51
    error_message = "The name and the namespace have more than 51 characters together, which is what the name of their admission policy has room for."
  }
}

variable "namespace" {
  type        = string
  description = "The namespace that the server's pods run in. It must exist before the apply."
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$", var.namespace))
    error_message = "The namespace must be a DNS label: up to 63 lower case letters and digits, with - between them."
  }
}

variable "images" {
  type        = list(string)
  description = "The images that were approved for the server, each with its registry: a repository (all of its tags), one tag of it, or one digest. Nothing else runs under its label."
  nullable    = false

  validation {
    condition     = length(var.images) > 0
    error_message = "Name at least one approved image: without any, no pod of the server could run."
  }
}

variable "trust_domain" {
  type        = string
  description = "SPIFFE trust domain, without `spiffe://`. Default: the provider's."
  default     = null
}

variable "class_name" {
  type        = string
  description = "The class of the spire-controller-manager that is to act (`className`)."
  default     = null
}

variable "service_account" {
  type = object({
    create          = optional(bool)
    name            = optional(string)
    automount_token = optional(bool)
  })
  description = "The ServiceAccount that the server's pods run under. Default: one of the server's name, which is created and whose token no pod gets unasked."
  default     = null
}

variable "approval_label" {
  type = object({
    key   = optional(string, "agentward.dev/approved")
    value = optional(string, "true")
  })
  description = "The label by which the platform lets approved pods in, as its `admission.approval_label` has it. It is part of `pod_labels`."
  default     = {}
  nullable    = false
}

variable "admission" {
  type = object({
    engine         = optional(string, "native")
    actions        = optional(list(string), ["deny"])
    failure_policy = optional(string, "Fail")
  })
  description = "What enforces that only approved images run, and what happens to others, as `agent_admission_policy` has it."
  default     = {}
  nullable    = false
}

variable "service" {
  type = object({
    name = optional(string)
    port = optional(number, 8080)
    path = optional(string, "/mcp")
  })
  description = "The Service in front of the server's pods, and the path of its MCP endpoint. Its selector should be `service_selector`. Default of the name: the server's."
  default     = {}
  nullable    = false

  validation {
    condition     = startswith(var.service.path, "/")
    error_message = "The path of the MCP endpoint begins with /, as in \"/mcp\"."
  }
  validation {
    condition     = var.service.port >= 1 && var.service.port <= 65535 && floor(var.service.port) == var.service.port
    error_message = "A port is a whole number from 1 to 65535."
  }
}

variable "url" {
  type        = string
  description = "URL of the MCP endpoint, where it is another than that of `service`."
  default     = null

  validation {
    condition     = var.url == null || can(regex("^https?://", var.url))
    error_message = "The URL of an MCP endpoint begins with https:// or http://."
  }
}

variable "path" {
  type        = string
  description = "Path of the gateway that leads to the server. Default: `/` and the target's name."
  default     = null
}

variable "svid" {
  type        = bool
  description = "The server terminates TLS with its X.509-SVID (that of the hint `logical`), and asks the gateway for its own."
  default     = false
  nullable    = false
}

variable "tls" {
  type = object({
    ca                 = optional(string)
    server_name        = optional(string)
    minimum            = optional(string)
    client_certificate = optional(string)
  })
  description = "How the server's certificate is verified, where it has one that is no SVID: authorities in PEM, the name in it, the least version, and a Secret of the gateway's namespace whose certificate the gateway shows. `{}` for all defaults."
  default     = null

  validation {
    condition     = var.tls == null || !var.svid
    error_message = "A server has its SVID or another certificate: set svid or tls, not both."
  }
}

variable "versions" {
  type        = list(string)
  description = "Versions of MCP that are let through. Default: all that the gateway knows."
  default     = null
}

variable "credentials" {
  type = list(object({
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
  }))
  description = "What the server is shown in place of the caller's own credentials, as `credentials` of a target of `agent_gateway`. Secrets are those of the gateway's namespace, so that no agent's namespace holds them."
  default     = null

  validation {
    condition     = alltrue([for c in coalesce(var.credentials, []) : contains(["static", "client_credentials", "token_exchange"], c.kind)])
    error_message = "The kind of a credential is \"static\", \"client_credentials\" or \"token_exchange\"."
  }
}

variable "limits" {
  type = object({
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
  })
  description = "Limits of this server's calls, in place of the gateway's."
  default     = null
}

variable "enforcement" {
  type        = string
  description = "`audit`: calls of this server are decided and recorded, and none is denied. Default: the gateway's."
  default     = null

  validation {
    condition     = var.enforcement == null || contains(["enforce", "audit"], coalesce(var.enforcement, "enforce"))
    error_message = "The enforcement is \"enforce\" or \"audit\"."
  }
}

variable "gateway_only" {
  type        = bool
  description = "A NetworkPolicy lets only the gateway reach the server's pods."
  default     = true
  nullable    = false
}
