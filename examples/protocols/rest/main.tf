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

# A gateway in front of an HTTP API. Its OpenAPI document says which operations there are; calls of anything else are denied.
resource "agent_gateway" "rest" {
  name      = "rest"
  namespace = "agent-system"

  token_service = {}

  targets = {
    crm = {
      protocol = "rest"
      url      = "http://crm.tools.svc:8080/v1"
      openapi  = file("${path.module}/openapi.yaml")

      # The gateway gets a token of its own for the API.
      credentials = [{
        kind      = "client_credentials"
        token_url = "https://idp.example.org/oauth/token"
        client_id = "agent-gateway"
        value     = { secret = "crm", key = "client-secret" }
        scopes    = ["crm"]
      }]
    }
  }

  allow = {
    customers = {
      agents     = ["ns:support"]
      target     = "crm"
      operations = ["getCustomer"]
    }
    small-refunds = {
      agents     = ["spiffe://agents.example.org/ns/support/agent/assistant"]
      target     = "crm"
      operations = ["refund"]
      arguments  = { "body.amount" = { min = 1, max = 50 } }
    }
  }

  network = { agents = [{ namespace = "support" }] }
}

data "agent_decision" "refund" {
  for_each = { small = 50, large = 500 }

  policies  = agent_gateway.rest.rendered_policies
  principal = { spiffe_id = "spiffe://agents.example.org/ns/support/agent/assistant" }
  call = {
    protocol  = "rest"
    method    = "POST"
    target    = "crm"
    operation = "refund"
    kind      = "path"
    name      = "/customers/{id}/refunds"
    arguments = jsonencode({ path = { id = 7 }, body = { amount = each.value } })
  }
}

check "refunds" {
  assert {
    condition     = data.agent_decision.refund["small"].allowed && !data.agent_decision.refund["large"].allowed
    error_message = "A small refund is denied, or a large one allowed."
  }
}
