variable "deployment" {
  type = object({
    image       = optional(string)
    pull_policy = optional(string)
    replicas    = optional(number)
    autoscaling = optional(object({
      min             = number
      max             = number
      cpu_utilization = optional(number)
    }))
    resources = optional(object({
      requests = optional(map(string))
      limits   = optional(map(string))
    }))
    node_selector = optional(map(string))
    tolerations = optional(list(object({
      key      = optional(string)
      operator = optional(string)
      value    = optional(string)
      effect   = optional(string)
      seconds  = optional(number)
    })))
    zone_spread         = optional(bool)
    priority_class      = optional(string)
    pod_labels          = optional(map(string))
    pod_annotations     = optional(map(string))
    service_type        = optional(string)
    service_annotations = optional(map(string))
    workload_api = optional(object({
      csi_driver = optional(string)
      host_path  = optional(string)
      socket     = optional(string)
    }))
    class_name = optional(string)
    admin_port = optional(number)
  })
  description = "How the gateway's pods run, its Service, where it finds the SPIFFE Workload API (default: the CSI driver `csi.spiffe.io`), and the class of the spire-controller-manager that registers it. Default of the replicas: two with a `store`, else one."
  default     = null

  validation {
    condition     = var.store != null || coalesce(try(var.deployment.autoscaling.max, null), try(var.deployment.replicas, null), 1) == 1
    error_message = "Several replicas need a store, or a proof that one has seen could be replayed at another."
  }
}

variable "network" {
  type = object({
    disabled = optional(bool)
    clients = optional(list(object({
      match_labels = optional(map(string))
      match_expressions = optional(list(object({
        key      = string
        operator = string
        values   = optional(list(string))
      })))
    })))
    dns = optional(object({
      namespace = string
      selector = optional(object({
        match_labels = optional(map(string))
        match_expressions = optional(list(object({
          key      = string
          operator = string
          values   = optional(list(string))
        })))
      }))
    }))
    spire = optional(object({
      namespace = string
      selector = optional(object({
        match_labels = optional(map(string))
        match_expressions = optional(list(object({
          key      = string
          operator = string
          values   = optional(list(string))
        })))
      }))
    }))
  })
  description = "What the NetworkPolicies let through besides agents' calls: namespaces of other clients, and where DNS and SPIRE run. They hold where the cluster's network enforces them."
  default     = {}
  nullable    = false
}
