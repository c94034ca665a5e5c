# Of these two alone, so that agents can name the gateway that their permissions are part of: nothing here may come to depend on those.
output "gateway" {
  description = "The gateway as `gateways` of the modules agent name it, and as it is imported: `namespace/name`."
  value       = "${var.namespace}/${var.name}"
}

output "trust_domain" {
  description = "SPIFFE trust domain of the agents."
  value       = var.trust_domain
}

output "url" {
  description = "Where agents call the gateway."
  value       = agent_gateway.this.url
}

output "endpoints" {
  description = "Where agents call each target, by the target's name."
  value       = agent_gateway.this.endpoints
}

output "token_endpoint" {
  description = "Where agents get access tokens. Null without `token_service`."
  value       = agent_gateway.this.token_endpoint
}

output "spiffe_id" {
  description = "The gateway's own SPIFFE ID, by which agents know it."
  value       = agent_gateway.this.spiffe_id
}

output "required_roles" {
  description = "On Google Cloud, the roles that the gateway needs before Model Armor answers it, for `for_each` of a `google_project_iam_member`: each has `project`, `role` and `member`. Null on `oss`."
  value       = agent_gateway.this.required_roles
}

output "policies" {
  description = "All policies of the gateway as Cedar, permissions included, for `policies` of `agent_decision`: what a call would get can be tested without a cluster."
  value       = merge(var.policies, coalesce(agent_gateway.this.rendered_policies, {}))
}

output "objects" {
  description = "All objects of the platform, each as JSON by its key."
  value       = merge(agent_gateway.this.objects, agent_admission_policy.agents.objects, [for p in agent_admission_policy.tools : p.objects]...)
}
