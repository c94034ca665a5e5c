resource "agent_identity" "billing" {
  name         = "billing"
  namespace    = "payments"
  trust_domain = "agents.example.org"
  # By its id written out: the gateway's permissions refer to this agent already, and a reference back would be a cycle.
  gateways = ["gateways/tools"]
}

# Agents call https://tools.gateways.svc:8443/bank and /crm with a token of the gateway's token service, bound to their SVID and key.
resource "agent_gateway" "tools" {
  name         = "tools"
  namespace    = "gateways"
  trust_domain = "agents.example.org"

  targets = {
    bank = {
      protocol = "mcp"
      url      = "https://bank.bank.svc/mcp"
      # What the bank sees in place of the agent's own credentials.
      credentials = [{ kind = "static", value = { secret = "bank", key = "token" } }]
      # Only the gateway reaches these pods.
      workload = { namespace = "bank", selector = { match_labels = { app = "bank" } } }
    }
    crm = {
      protocol   = "rest"
      url        = "https://crm.example.org/api"
      operations = { getUser = { method = "GET", path = "/users/{id}", parameters = { id = "integer" } } }
    }
  }

  token_service = {}

  # Cedar as it is, often file("bank.cedar") …
  policies = {
    night = <<-EOT
      @id("no-transfers-in-clear")
      forbid (principal, action == Action::"callTool", resource in Target::"bank")
      unless { context.mtls };
    EOT
  }

  # … and permissions in typed form, which compile to it.
  allow = {
    transfers = {
      agents    = [agent_identity.billing.principal]
      target    = "bank"
      tools     = ["transfer"]
      arguments = { "amount" = { min = 1, max = 100 }, "to" = { one_of = ["alice", "bob"] } }
    }
    users = {
      agents     = ["ns:payments"]
      target     = "crm"
      operations = ["getUser"]
    }
  }

  # Replicas share used proofs, limits and sessions.
  store      = { url = "rediss://redis.gateways.svc:6379/0", password = { secret = "redis", key = "password" } }
  deployment = { replicas = 3, zone_spread = true }

  # Agents reach names, the gateway and nothing else.
  network = { agents = [{ namespace = "payments" }] }
}
