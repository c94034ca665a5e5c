variable "allow" {
  type = map(object({
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
  description = "What the agent may use, by a name for each permission: of which target, what, and under which conditions. The attributes are those of `allow` of `agent_gateway`, without `agents`."
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for name in keys(var.allow) : can(regex("^[A-Za-z0-9]([A-Za-z0-9_-]*[A-Za-z0-9])?$", name))])
    error_message = "A permission's name consists of letters and digits, with - and _ between them."
  }

  validation {
    condition = alltrue([
      for p in values(var.allow) :
      length(flatten([for list in [p.tools, p.prompts, p.resources, p.skills, p.operations, p.methods] : coalesce(list, [])])) > 0
    ])
    error_message = "A permission that names none of tools, prompts, resources, skills, operations and methods permits nothing: name what the agent may use, or [\"*\"] for all of a kind."
  }
}
