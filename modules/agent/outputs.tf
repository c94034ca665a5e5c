output "principal" {
  description = "What policies match: on `oss` the part of the SPIFFE ID that all instances share, on `gcp` the IAM principal."
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

output "pod_annotations" {
  description = "The annotations that the agent's pods must carry: on GKE those that ask for an agent identity, else none."
  value       = agent_identity.this.pod_annotations
}

output "workload_labels" {
  description = "The labels that the agent's Deployment must carry on GKE."
  value       = agent_identity.this.workload_labels
}

output "workload_annotations" {
  description = "The annotations that the agent's Deployment must carry on GKE."
  value       = agent_identity.this.workload_annotations
}

output "allow" {
  description = "What the agent may use, for `agent_namespaces[\"<namespace>\"].allow` of the module agent-platform."
  value = {
    for name, permission in var.allow : "${var.name}.${name}" => merge(permission, { agents = [agent_identity.this.principal] })
  }

  precondition {
    condition     = length(var.allow) == 0 || agent_identity.this.principal != null
    error_message = "The agent is permitted something, and it is not known how policies name it: set gcp.gke.principal. Agent Registry has it as RuntimeIdentity once the Deployment runs."
  }
}
