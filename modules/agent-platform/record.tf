variable "audit_log" {
  type = object({
    stdout    = optional(bool)
    queue     = optional(number)
    when_full = optional(string)
    arguments = optional(list(string))
    otlp = optional(object({
      endpoint = string
      protocol = optional(string)
      headers  = optional(object({ secret = string, key = string }))
      ca       = optional(string)
      timeout  = optional(string)
    }))
  })
  description = "The audit log, one record for each call. Default: lines of JSON on the standard output."
  default     = null
}

variable "telemetry" {
  type = object({
    traces           = optional(bool)
    metrics          = optional(bool)
    sample_ratio     = optional(number)
    traceparent      = optional(string)
    metrics_interval = optional(string)
    resource         = optional(map(string))
    otlp = optional(object({
      endpoint = string
      protocol = optional(string)
      headers  = optional(object({ secret = string, key = string }))
      ca       = optional(string)
      timeout  = optional(string)
    }))
  })
  description = "Where traces and metrics are sent. Metrics can be scraped in any case."
  default     = null
}

variable "service_monitor" {
  type = object({
    labels   = optional(map(string))
    interval = optional(string)
  })
  description = "A ServiceMonitor for the Prometheus operator. Default: none."
  default     = null
}
