locals {
  targets = {
    bank = { protocol = "mcp", url = "https://bank.example.org/mcp" }
    crm = {
      protocol   = "rest"
      url        = "https://crm.example.org"
      operations = { getCustomer = { method = "GET", path = "/customers/{id}" } }
      gcp        = { unregistered = true }
    }
  }
  allow = {
    balances = {
      agents = ["spiffe://agents.global.org-123456789012.system.id.goog/resources/aiplatform/projects/345678901234/locations/us-central1/reasoningEngines/1"]
      target = "bank"
      tools  = ["balance"]
    }
    customers = {
      agents     = ["*"]
      target     = "crm"
      operations = ["getCustomer"]
    }
  }
}

# The gateway of these targets and permissions may be on either stack, as long as the check holds.
data "agent_portability" "gateway" {
  targets      = local.targets
  allow        = local.allow
  trust_domain = "agents.global.org-123456789012.system.id.goog"
  mode         = "agent_to_anywhere"
}

check "portable" {
  assert {
    condition = data.agent_portability.gateway.portable
    error_message = join("\n", flatten([
      for name in data.agent_portability.gateway.unportable : data.agent_portability.gateway.permissions[name].reasons
    ]))
  }
}
