locals {
  # All policies of the gateway, by file: { for f in fileset(path.module, "policies/*.cedar") : f => file("${path.module}/${f}") }
  policies = {
    "policies/bank.cedar" = <<-EOT
      @id("small-transfers")
      permit (
        principal in Namespace::"example.org/payments",
        action == Action::"callTool",
        resource == Tool::"bank/transfer"
      )
      when { context.arguments has amount && context.arguments.amount <= 100 };
    EOT
  }
}

data "agent_decision" "small_transfer" {
  policies  = local.policies
  principal = { spiffe_id = "spiffe://example.org/ns/payments/agent/billing" }
  call = {
    protocol  = "mcp"
    method    = "tools/call"
    target    = "bank"
    kind      = "tool"
    name      = "transfer"
    arguments = jsonencode({ amount = 50, to = "alice" })
  }
}

data "agent_decision" "large_transfer" {
  policies  = local.policies
  principal = { spiffe_id = "spiffe://example.org/ns/payments/agent/billing" }
  call = {
    protocol  = "mcp"
    method    = "tools/call"
    target    = "bank"
    kind      = "tool"
    name      = "transfer"
    arguments = jsonencode({ amount = 5000, to = "alice" })
  }
}

check "transfers" {
  assert {
    condition     = data.agent_decision.small_transfer.allowed
    error_message = "A small transfer is denied: ${data.agent_decision.small_transfer.reason}"
  }
  assert {
    condition     = !data.agent_decision.large_transfer.allowed
    error_message = "A large transfer is allowed by ${join(", ", data.agent_decision.large_transfer.decided_by)}"
  }
}
