variable "stack" {
  type        = string
  description = "`oss`: SPIRE and the agent-gateway. `gcp`: GKE, where the server has an identity of Google's and an entry in Agent Registry. Default: the provider's."
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
  })
  description = "Where on Google Cloud the server is, as `gcp` of `agent_identity`."
  default     = {}
  nullable    = false
}

variable "tools" {
  type        = string
  description = "The server's tools as JSON, `{\"tools\": [...]}`, up to 10 KB: what Agent Registry tells them by on Google Cloud, where `read_only` permissions rest on it."
  default     = null

  validation {
    condition     = var.tools == null || can(jsondecode(var.tools).tools)
    error_message = "Write the tools as a server lists them: {\"tools\": [{\"name\": \"balance\"}]}."
  }
}

locals {
  google = var.stack == "gcp"
}
