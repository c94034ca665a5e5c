# All that environments differ in. What is not here is the same in each.

variable "trust_domain" {
  type        = string
  description = "SPIFFE trust domain of the environment."
}

variable "enforcement" {
  type        = string
  description = "What becomes of calls that nothing permits: `enforce` denies them, `audit` records them."
}

variable "admission" {
  type = object({
    engine         = string
    actions        = list(string)
    failure_policy = string
    signed_images = optional(object({
      images  = list(string)
      keyless = object({ issuer = string, subject = string })
    }))
  })
  description = "What becomes of pods that break a rule, and what decides it."
}

variable "store" {
  type = object({
    url      = string
    password = optional(object({ secret = string, key = string }))
  })
  description = "The store that the gateway's replicas share; null for a single replica."
  default     = null
}

variable "deployment" {
  type = object({
    replicas    = optional(number)
    autoscaling = optional(object({ min = number, max = number }))
    zone_spread = optional(bool)
    resources   = optional(object({ requests = map(string), limits = map(string) }))
  })
  description = "How the gateway runs."
  default     = {}
  nullable    = false
}

variable "dpop_nonces" {
  type        = bool
  description = "Whether proofs must carry a nonce of the gateway's."
  default     = false
}
