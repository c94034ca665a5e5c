output "target" {
  description = "The server as a target, for `targets[\"<name>\"]` of the module agent-platform."
  value = {
    protocol    = "mcp"
    url         = local.url
    path        = var.path
    versions    = var.versions
    enforcement = var.enforcement
    tls         = local.tls
    credentials = var.credentials
    limits      = var.limits
    workload    = var.gateway_only && !local.google ? { namespace = var.namespace, selector = { match_labels = local.selector } } : null
    gcp         = !local.google ? null : { service = { content = var.tools } }
  }
}

output "pod_labels" {
  description = "The labels that the server's pods must carry: those that make them the server, and the platform's approval."
  value       = tomap(merge(local.selector, { (var.approval_label.key) = var.approval_label.value }))
}

output "service_selector" {
  description = "The selector for the server's Service. Pods that it selects run approved images, and nothing else gets the gateway's calls."
  value       = local.selector
}

output "service_account_name" {
  description = "The ServiceAccount that the server's pods must run under."
  value       = try(coalesce(var.service_account.name), var.name)
}

output "principal" {
  description = "The server's SPIFFE ID, without the instance."
  value       = agent_identity.this.principal
}

output "pod_annotations" {
  description = "The annotations that the server's pods must carry: on GKE those that ask for an identity, else none."
  value       = agent_identity.this.pod_annotations
}

output "workload_labels" {
  description = "The labels that the server's Deployment must carry on GKE."
  value       = agent_identity.this.workload_labels
}

output "workload_annotations" {
  description = "The annotations that the server's Deployment must carry on GKE."
  value       = agent_identity.this.workload_annotations
}
