# What an agent must be like to be let in.
resource "agent_admission_policy" "agents" {
  name           = "${var.namespace}.${var.name}.agents"
  stack          = var.stack
  engine         = var.admission.engine
  actions        = var.admission.actions
  failure_policy = var.admission.failure_policy

  namespace_selector = {
    match_expressions = [{ key = "kubernetes.io/metadata.name", operator = "In", values = local.agent_namespaces }]
  }

  binary_authorization = var.binary_authorization

  sidecar = local.sidecar
  rules = merge(local.rules, {
    spiffe_identity       = var.admission.spiffe_identity
    no_automounted_tokens = var.admission.no_automounted_tokens
    runtime_classes       = var.admission.runtime_classes
  })
  exceptions = var.admission.exceptions
}

# What runs in the namespaces of tools is let in by the same rules; that the images are those of a server is the module mcp-server's to say.
resource "agent_admission_policy" "tools" {
  count = length(local.tool_namespaces) > 0 ? 1 : 0

  name           = "${var.namespace}.${var.name}.tools"
  stack          = var.stack
  engine         = var.admission.engine
  actions        = var.admission.actions
  failure_policy = var.admission.failure_policy

  namespace_selector = {
    match_expressions = [{ key = "kubernetes.io/metadata.name", operator = "In", values = local.tool_namespaces }]
  }

  rules      = local.rules
  exceptions = var.admission.exceptions
}

locals {
  rules = {
    approval_label     = var.admission.approval_label
    allowed_registries = var.admission.allowed_registries
    signed_images      = var.admission.signed_images
    security_context   = var.admission.security_context
    resource_limits    = var.admission.resource_limits
    custom             = var.admission.custom
  }
}

variable "admission" {
  type = object({
    engine         = optional(string, "native")
    actions        = optional(list(string), ["deny"])
    failure_policy = optional(string, "Fail")

    approval_label = optional(object({
      key    = optional(string, "agentward.dev/approved")
      values = optional(list(string), ["true"])
    }), {})
    allowed_registries = optional(list(string))
    signed_images = optional(object({
      images      = list(string)
      public_key  = optional(string)
      keyless     = optional(object({ issuer = string, subject = string }))
      rekor_url   = optional(string)
      ignore_tlog = optional(bool)
    }))
    security_context = optional(object({
      run_as_non_root            = optional(bool, true)
      no_privilege_escalation    = optional(bool, true)
      no_privileged              = optional(bool, true)
      read_only_root_filesystem  = optional(bool, true)
      drop_all_capabilities      = optional(bool, true)
      seccomp_runtime_default    = optional(bool, true)
      no_host_namespaces         = optional(bool, true)
      no_host_path               = optional(bool, true)
      allowed_added_capabilities = optional(list(string))
    }), {})
    spiffe_identity = optional(object({
      csi_driver = optional(string)
      annotation = optional(string)
    }))
    no_automounted_tokens = optional(bool, true)
    runtime_classes       = optional(list(string))
    resource_limits = optional(object({
      required   = optional(list(string))
      max_cpu    = optional(string)
      max_memory = optional(string)
    }))
    custom = optional(list(object({
      name       = string
      expression = string
      message    = optional(string)
    })))
    exceptions = optional(list(object({
      name       = string
      namespaces = optional(list(string))
      names      = optional(list(string))
      expression = optional(string)
      reason     = optional(string)
      expires_at = optional(string)
    })))
  })
  description = <<-EOT
    What pods of agents, and of the tools that they use, must be like to be let in, as `agent_admission_policy` has it. By default they carry
    the approval label and are confined as the restricted Pod Security Standard asks, with a read-only root; an agent holds no token for the
    Kubernetes API. `spiffe_identity`, `no_automounted_tokens` and `runtime_classes` are asked of agents alone.
  EOT
  default     = {}
  nullable    = false

  validation {
    condition     = contains(["native", "kyverno", "gatekeeper"], var.admission.engine)
    error_message = "The engine is \"native\", \"kyverno\" or \"gatekeeper\"."
  }
  validation {
    condition     = var.admission.signed_images == null || var.admission.engine == "kyverno"
    error_message = "Only Kyverno can verify signatures: set the engine to \"kyverno\", or leave signed_images out."
  }
  validation {
    condition     = length(var.admission.approval_label.values) > 0
    error_message = "Without a value of the approval label, any value would count as approval, \"false\" too."
  }
}
