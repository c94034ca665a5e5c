variable "name" {
  type        = string
  description = "The agent's name, a DNS label. It is part of every SPIFFE ID; another name is another agent."
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$", var.name))
    error_message = "The name must be a DNS label: up to 63 lower case letters and digits, with - between them."
  }
}

variable "namespace" {
  type        = string
  description = "The namespace that the agent's pods run in. It must exist before the apply."
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$", var.namespace))
    error_message = "The namespace must be a DNS label: up to 63 lower case letters and digits, with - between them."
  }
}

variable "trust_domain" {
  type        = string
  description = "SPIFFE trust domain, without `spiffe://`. Default: the provider's."
  default     = null
}

variable "service_account" {
  type = object({
    create          = optional(bool)
    name            = optional(string)
    automount_token = optional(bool)
  })
  description = "The ServiceAccount that the agent's pods run under. Default: one of the agent's name, which is created and whose token no pod gets unasked."
  default     = null
}

variable "pod_selector" {
  type = object({
    match_labels = optional(map(string))
    match_expressions = optional(list(object({
      key      = string
      operator = string
      values   = optional(list(string))
    })))
  })
  description = "The pods of the namespace that are instances of the agent. Default: those with the label `agentward.dev/agent = <name>`."
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

variable "x509_ttl" {
  type        = string
  description = "Lifetime of an X.509-SVID, `1m` to `24h`. Default: the SPIRE server's. What a suspension does not reach ends with it."
  default     = null
}

variable "jwt_ttl" {
  type        = string
  description = "Lifetime of a JWT-SVID, `1m` to `24h`. Default: the SPIRE server's."
  default     = null
}

variable "dns_names" {
  type        = list(string)
  description = "DNS names in the SVID, as templates: `{{ .PodMeta.Name }}.example.org`."
  default     = null
}

variable "federates_with" {
  type = list(object({
    trust_domain        = string
    bundle_endpoint_url = optional(string)
    endpoint_spiffe_id  = optional(string)
    trust_domain_bundle = optional(string)
  }))
  description = "Foreign trust domains whose SVIDs the agent is to verify."
  default     = null
}

variable "class_name" {
  type        = string
  description = "The class of the spire-controller-manager that is to act (`className`)."
  default     = null
}

variable "gateways" {
  type        = list(string)
  description = "The gateways that refuse the agent while it is suspended, as `namespace/name`: `gateway` of the module agent-platform."
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for g in var.gateways : can(regex("^[a-z0-9-]+/[a-z0-9-]+$", g))])
    error_message = "Name each gateway with its namespace: \"agent-system/agents\"."
  }
}

variable "suspended" {
  type        = bool
  description = "The kill switch: the identity is withdrawn, and the gateways refuse the agent from then on. Everything else stays."
  default     = false
  nullable    = false
}

variable "suspended_instances" {
  type        = list(string)
  description = "UIDs of single pods to suspend, while the agent's other pods go on: `kubectl get pod NAME -o jsonpath={.metadata.uid}`."
  default     = []
  nullable    = false
}
