variable "agent_namespaces" {
  type = map(object({
    targets = optional(set(string))
    allow = optional(map(object({
      agents         = list(string)
      target         = string
      users          = optional(list(string))
      tools          = optional(list(string))
      prompts        = optional(list(string))
      resources      = optional(list(string))
      skills         = optional(list(string))
      operations     = optional(list(string))
      methods        = optional(list(string))
      read_only      = optional(bool)
      authentication = optional(list(string))
      part_kinds     = optional(list(string))
      media_types    = optional(list(string))
      url_hosts      = optional(list(string))
      push_hosts     = optional(list(string))
      arguments = optional(map(object({
        optional       = optional(bool)
        equals         = optional(string)
        equals_number  = optional(number)
        equals_bool    = optional(bool)
        one_of         = optional(list(string))
        one_of_numbers = optional(list(number))
        like           = optional(string)
        min            = optional(number)
        max            = optional(number)
      })))
    })), {})
  }))
  description = <<-EOT
    The namespaces that agents run in. They are held to the rules of `admission`, and reach the gateway, DNS and SPIRE alone. Each has
    `allow`, what its agents may use, merged from the output `allow` of the modules agent; and `targets`, those that its permissions may
    name (default: all).
  EOT
  nullable    = false

  validation {
    condition     = length(var.agent_namespaces) > 0
    error_message = "Name at least one namespace that agents run in."
  }
  validation {
    condition     = !contains(keys(var.agent_namespaces), var.namespace)
    error_message = "The gateway's namespace is one of agent_namespaces: agents would run beside the Secrets that the gateway keeps from them."
  }
  validation {
    condition = alltrue(flatten([
      for namespace, team in var.agent_namespaces : [
        for permission in values(team.allow) : length(permission.agents) > 0 && alltrue([
          for agent in permission.agents : agent == "ns:${namespace}" || startswith(agent, "spiffe://${var.trust_domain}/ns/${namespace}/") ||
          var.stack == "gcp" && can(regex("^principal://(agents\\.global\\.[a-z0-9.-]+/resources/|iam\\.googleapis\\.com/.*/subject/ns/${namespace}/sa/)", agent))
        ])
      ]
    ]))
    error_message = "A permission is for an agent of another namespace or trust domain than the one that it is given by, or for none: a namespace speaks for its own agents alone."
  }
  validation {
    condition = alltrue(flatten([
      for team in values(var.agent_namespaces) : [
        for permission in values(team.allow) : team.targets == null || contains(coalesce(team.targets, []), permission.target)
      ]
    ]))
    error_message = "A permission names a target that its namespace may not use: add it to the namespace's targets, or take the permission back."
  }
}

variable "allow" {
  type = map(object({
    agents         = optional(list(string))
    target         = string
    users          = optional(list(string))
    tools          = optional(list(string))
    prompts        = optional(list(string))
    resources      = optional(list(string))
    skills         = optional(list(string))
    operations     = optional(list(string))
    methods        = optional(list(string))
    read_only      = optional(bool)
    authentication = optional(list(string))
    part_kinds     = optional(list(string))
    media_types    = optional(list(string))
    url_hosts      = optional(list(string))
    push_hosts     = optional(list(string))
    arguments = optional(map(object({
      optional       = optional(bool)
      equals         = optional(string)
      equals_number  = optional(number)
      equals_bool    = optional(bool)
      one_of         = optional(list(string))
      one_of_numbers = optional(list(number))
      like           = optional(string)
      min            = optional(number)
      max            = optional(number)
    })))
  }))
  description = "The platform's own permissions, as `allow` of `agent_gateway`: for all agents of the trust domain (`*`) or of a namespace (`ns:<namespace>`), or for users."
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for name in keys(var.allow) : !contains(keys(var.agent_namespaces), split(".", name)[0])])
    error_message = "The name of a permission begins with a namespace of agent_namespaces and a dot, as those of the namespace itself do: give it another."
  }
}
