variable "name" {
  type        = string
  description = "Name of the gateway, and with its namespace the beginning of the names of what belongs to it."
  default     = "agents"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z]([a-z0-9-]{0,48}[a-z0-9])?$", var.name))
    error_message = "The name begins with a lower case letter, and has up to 50 lower case letters and digits, with - between them: it names a Service."
  }
  validation {
    condition     = length(var.name) + length(var.namespace) <= 55
    error_message = "The name and the namespace have more than 55 characters together, which is what the names of the admission policies have room for."
  }
}

variable "namespace" {
  type        = string
  description = "The namespace that the gateway runs in, one of its own: whoever may write there decides what agents may do. It must exist before the apply."
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$", var.namespace))
    error_message = "The namespace must be a DNS label: up to 63 lower case letters and digits, with - between them."
  }
}

variable "trust_domain" {
  type        = string
  description = "SPIFFE trust domain of the agents, without `spiffe://`: the one that SPIRE runs with."
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9._-]+$", var.trust_domain))
    error_message = "Write the trust domain alone, in lower case and without spiffe://: \"agents.example.org\"."
  }
}

variable "mode" {
  type        = string
  description = "`client_to_agent`: callers reach the targets, each at its path of the gateway. `agent_to_anywhere`: a forward proxy as well, by which agents reach the targets by their own URLs."
  default     = "client_to_agent"
  nullable    = false

  validation {
    condition     = contains(["client_to_agent", "agent_to_anywhere"], var.mode)
    error_message = "The mode is \"client_to_agent\" or \"agent_to_anywhere\"."
  }
}

variable "enforcement" {
  type        = string
  description = "`enforce`: what no policy permits is denied. `audit`: everything is decided and recorded, and nothing denied."
  default     = "enforce"
  nullable    = false

  validation {
    condition     = contains(["enforce", "audit"], var.enforcement)
    error_message = "The enforcement is \"enforce\" or \"audit\"."
  }
}

variable "policies" {
  type        = map(string)
  description = "Cedar policies by name. A `forbid` holds whatever the teams' permissions say: the place for what no agent may ever do."
  default     = {}
  nullable    = false
}

variable "agent_labels" {
  type        = map(map(string))
  description = "Labels of agents by SPIFFE ID, which policies see: `principal.getTag(\"team\")`. They are the platform's to give: a policy may rest on them."
  default     = {}
  nullable    = false
}

variable "suspended" {
  type        = list(string)
  description = "SPIFFE IDs of agents, or of single instances, that may do nothing, whatever their own module says."
  default     = []
  nullable    = false
}

variable "tool_namespaces" {
  type        = set(string)
  description = "Namespaces of MCP servers and other targets, whose pods are held to the rules of `admission` too, but for those that only agents can meet."
  default     = []
  nullable    = false
}
