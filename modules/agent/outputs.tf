output "principal" {
  description = "The part of the SPIFFE ID that all instances share: what policies match."
  value       = agent_identity.this.principal
}

output "spiffe_id_template" {
  description = "The SPIFFE ID of an instance, with the instance as a template field."
  value       = agent_identity.this.spiffe_id_template
}

output "service_account_name" {
  description = "The ServiceAccount that the agent's pods must run under."
  value       = try(coalesce(var.service_account.name), var.name)
}

output "pod_labels" {
  description = "The labels that the agent's pods must carry: those that make them the agent, and the platform's approval."
  value       = tomap(local.pod_labels)
}

output "allow" {
  description = "What the agent may use, for `agent_namespaces[\"<namespace>\"].allow` of the module agent-platform."
  value = {
    for name, permission in var.allow : "${var.name}.${name}" => merge(permission, { agents = [agent_identity.this.principal] })
  }
}
