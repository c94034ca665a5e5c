# What stands between the agents and all that they use.
resource "agent_gateway" "this" {
  name         = var.name
  namespace    = var.namespace
  stack        = var.stack
  trust_domain = var.trust_domain
  mode         = var.mode
  enforcement  = var.enforcement

  targets      = var.targets
  policies     = length(var.policies) > 0 ? var.policies : null
  allow        = local.allow
  agent_labels = length(var.agent_labels) > 0 ? var.agent_labels : null
  suspended    = length(var.suspended) > 0 ? var.suspended : null
  gcp          = var.gcp

  listeners     = var.listeners
  token_service = local.google ? null : var.token_service
  issuers       = var.issuers
  trust         = var.trust
  keys          = var.keys
  store         = var.store
  limits        = var.limits

  audit_log       = var.audit_log
  telemetry       = var.telemetry
  service_monitor = var.service_monitor

  deployment = var.deployment
  network = local.google ? null : {
    disabled = var.network.disabled
    agents   = [for namespace in local.agent_namespaces : { namespace = namespace }]
    clients  = var.network.clients
    dns      = var.network.dns
    spire    = var.network.spire
  }
}

locals {
  agent_namespaces = sort(keys(var.agent_namespaces))
  tool_namespaces  = sort(tolist(setsubtract(var.tool_namespaces, local.agent_namespaces)))

  # The namespace begins each name, so that no team's permission takes the place of another's.
  allow = merge(var.allow, [
    for namespace, team in var.agent_namespaces : { for name, permission in team.allow : "${namespace}.${name}" => permission }
  ]...)
}
