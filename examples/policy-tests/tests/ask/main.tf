terraform {
  required_providers {
    agent = { source = "agentward/agent" }
  }
}

variable "policies" { type = map(string) }
variable "allow" { type = any }

variable "agent" {
  type    = string
  default = "spiffe://agents.example.org/ns/payments/agent/billing"
}

variable "mtls" {
  type    = bool
  default = true
}

# The arguments of a transfer, by a name for the case.
variable "transfers" { type = map(any) }

data "agent_decision" "transfer" {
  for_each = var.transfers

  trust_domain = "agents.example.org"
  policies     = var.policies
  allow        = var.allow
  principal    = { spiffe_id = var.agent }
  mtls         = var.mtls
  call = {
    protocol  = "mcp"
    method    = "tools/call"
    target    = "bank"
    kind      = "tool"
    name      = "transfer"
    arguments = jsonencode(each.value)
  }
}

# Of each case, the policies that permit it; empty where it is denied.
output "permitted" {
  value = { for name, d in data.agent_decision.transfer : name => d.allowed ? d.decided_by : [] }
}
