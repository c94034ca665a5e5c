terraform {
  required_version = ">= 1.11"
  required_providers {
    agent = { source = "agentward/agent" }
  }
}

locals {
  policies = { for file in fileset(path.module, "policies/*.cedar") : trimsuffix(basename(file), ".cedar") => file("${path.module}/${file}") }

  allow = {
    transfers = {
      agents    = ["ns:payments"]
      target    = "bank"
      tools     = ["transfer"]
      arguments = { "amount" = { min = 1, max = 100 }, "to" = { one_of = ["alice", "bob"] } }
    }
  }
}

resource "agent_gateway" "tools" {
  name         = "tools"
  namespace    = "gateways"
  trust_domain = "agents.example.org"
  targets      = { bank = { protocol = "mcp", url = "https://bank.bank.svc/mcp" } }
  policies     = local.policies
  allow        = local.allow
}

# For the tests: what decides.
output "policies" {
  value = local.policies
}

output "allow" {
  value = local.allow
}
