variable "conformance" {
  type = object({
    version = string
    require = optional(list(string))
    strict  = optional(bool)
    probe   = optional(string)
    accepted_gaps = optional(map(object({
      reason  = string
      expires = string
    })))
  })
  description = <<-EOT
    What the cluster has to meet of CNCF Kubernetes AI Conformance, as `kars_conformance` has it. An apply fails while it does not, and each
    plan shows when it does so no more. What brings agents to the cluster can wait for the output `conforms`. Default: nothing is asked. It
    needs a cluster to look at, and so a provider that does not only render.
  EOT
  default     = null
}

# Nothing of the platform waits for it: a permission can be taken back on a cluster that has ceased to conform.
resource "kars_conformance" "this" {
  count    = var.conformance == null ? 0 : 1
  provider = agent

  version       = var.conformance.version
  require       = var.conformance.require
  strict        = var.conformance.strict
  probe         = var.conformance.probe
  accepted_gaps = var.conformance.accepted_gaps
}

output "conforms" {
  description = "True once the cluster has met what `conformance` asks of it; null where that asks nothing."
  value       = one(kars_conformance.this[*].conforms)
}
