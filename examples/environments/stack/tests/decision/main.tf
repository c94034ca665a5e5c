# What the gateway would say to calls of tools of the bank, by a name for each call.
terraform {
  required_providers {
    agent = { source = "agentward/agent" }
  }
}

variable "policies" {
  type = map(string)
}

variable "calls" {
  type = map(object({
    agent     = string
    tool      = string
    read_only = optional(bool, false)
    arguments = optional(object({ amount = optional(number), to = optional(string) }), {})
  }))
}

data "agent_decision" "this" {
  for_each = var.calls

  policies  = var.policies
  principal = { spiffe_id = "spiffe://test.example.org/ns/payments/agent/${each.value.agent}" }
  call = {
    protocol    = "mcp"
    method      = "tools/call"
    target      = "bank"
    kind        = "tool"
    name        = each.value.tool
    arguments   = jsonencode({ for name, value in each.value.arguments : name => value if value != null })
    annotations = { read_only = each.value.read_only }
  }
}

output "allowed" {
  value = { for name, decision in data.agent_decision.this : name => decision.allowed }
}
