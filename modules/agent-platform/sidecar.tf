variable "sidecar" {
  type = object({
    image   = optional(string)
    targets = optional(set(string))
    port    = optional(number)
    workload_api = optional(object({
      csi_driver = optional(string)
      host_path  = optional(string)
      socket     = optional(string)
    }))
    resources = optional(object({
      requests = optional(map(string))
      limits   = optional(map(string))
    }))
  })
  description = <<-EOT
    Gives approved agents a client of the gateway, when their pods are created: agents stay as they are, and find the targets at
    `$AGENT_GATEWAY_URL/<target>`. `targets` names those that agents call (default: all); the image is that of the gateway, unless said
    otherwise. `{}` for all defaults. Default: none, and agents authenticate themselves.
  EOT
  default     = null

  validation {
    condition     = var.sidecar == null || var.admission.engine != "gatekeeper"
    error_message = "Gatekeeper adds no sidecar: set the engine of admission to \"native\" or \"kyverno\", or leave the sidecar out."
  }
  validation {
    condition     = length(setsubtract(coalesce(try(var.sidecar.targets, null), toset([])), keys(var.targets))) == 0
    error_message = "The sidecar has a target that is none of targets."
  }
}

locals {
  sidecar = var.sidecar == null ? null : {
    image             = try(coalesce(var.sidecar.image, var.deployment.image), var.sidecar.image)
    gateway           = agent_gateway.this.url
    gateway_spiffe_id = agent_gateway.this.spiffe_id
    token_endpoint    = agent_gateway.this.token_endpoint
    targets           = [for name in sort(tolist(coalesce(var.sidecar.targets, keys(var.targets)))) : local.paths[name]]
    port              = var.sidecar.port
    workload_api      = var.sidecar.workload_api
    resources         = var.sidecar.resources
  }
  # The path of a target at the gateway. Calls of gRPC themselves have no path of a target's: the sidecar knows them by their services.
  paths = {
    for name, target in var.targets : name => join("#", compact([coalesce(target.path, "/${name}"), join(",", coalesce(target.services, []))]))
  }
}
