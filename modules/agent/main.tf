resource "agent_identity" "this" {
  name         = var.name
  namespace    = var.namespace
  stack        = var.stack
  trust_domain = local.google ? null : var.trust_domain
  gcp          = local.gcp

  service_account = var.service_account
  pod_selector    = var.pod_selector
  x509_ttl        = var.x509_ttl
  jwt_ttl         = var.jwt_ttl
  dns_names       = var.dns_names
  federates_with  = var.federates_with
  class_name      = var.class_name

  gateways            = local.google ? null : var.gateways
  suspended           = var.suspended
  suspended_instances = var.suspended_instances
}

locals {
  # What a pod must carry to be this agent (unless pod_selector says otherwise), and to be let in as one.
  pod_labels = merge(
    var.pod_selector == null ? { "agentward.dev/agent" = var.name } : coalesce(var.pod_selector.match_labels, {}),
    { (var.approval_label.key) = var.approval_label.value },
  )
}
