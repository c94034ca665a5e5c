terraform {
  required_version = ">= 1.11"
  required_providers {
    agent = { source = "agentward/agent" }
  }
}

# The cluster is the one that KUBE_CONFIG_PATH names.
provider "agent" {
  trust_domain = "agents.example.org"
}

# A gateway in front of an MCP server: an agent may look balances up, and move small sums.
resource "agent_gateway" "mcp" {
  name      = "mcp"
  namespace = "agent-system"

  token_service = {}

  targets = {
    bank = {
      protocol = "mcp"
      url      = "http://bank.tools.svc:8080/mcp"
      versions = ["2025-06-18", "2025-11-25"]

      # The Secret is one of the gateway's namespace; agents never see what is in it.
      credentials = [{ kind = "static", value = { secret = "bank", key = "token" } }]

      workload = {
        namespace = "tools"
        selector  = { match_labels = { app = "bank" } }
      }
    }
  }

  allow = {
    balances = {
      agents    = ["ns:payments"]
      target    = "bank"
      tools     = ["balance", "statement"]
      read_only = true
    }
    small-transfers = {
      agents    = ["spiffe://agents.example.org/ns/payments/agent/billing"]
      target    = "bank"
      tools     = ["transfer"]
      arguments = { amount = { min = 1, max = 100 } }
    }
  }

  # What holds whoever permits something else.
  policies = {
    guard-rails = <<-EOT
      @id("known-accounts")
      @reason("money goes to accounts of our own")
      forbid (principal, action == Action::"callTool", resource == Tool::"bank/transfer")
      unless { context.arguments has to && context.arguments.to like "acct-*" };
    EOT
  }

  network = { agents = [{ namespace = "payments" }] }
}

data "agent_decision" "transfer" {
  for_each = { small = 50, large = 5000 }

  policies  = merge(agent_gateway.mcp.policies, agent_gateway.mcp.rendered_policies)
  principal = { spiffe_id = "spiffe://agents.example.org/ns/payments/agent/billing" }
  call = {
    protocol  = "mcp"
    method    = "tools/call"
    target    = "bank"
    kind      = "tool"
    name      = "transfer"
    arguments = jsonencode({ amount = each.value, to = "acct-7" })
  }
}

check "transfers" {
  assert {
    condition     = data.agent_decision.transfer["small"].allowed && !data.agent_decision.transfer["large"].allowed
    error_message = "A small transfer is denied, or a large one allowed."
  }
}
