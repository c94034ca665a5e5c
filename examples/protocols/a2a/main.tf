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

# A gateway in front of an agent that speaks A2A: others may ask it for reports, in text, and one may ask for refunds.
resource "agent_gateway" "a2a" {
  name      = "a2a"
  namespace = "agent-system"

  token_service = {}

  targets = {
    clerk = {
      protocol = "a2a"
      url      = "http://clerk.payments.svc:8080" # the card is below it, at /.well-known/agent-card.json

      a2a = {
        jsonrpc   = "http://clerk.payments.svc:8080/rpc"
        http_json = "http://clerk.payments.svc:8080/rest"
      }

      workload = {
        namespace = "payments"
        selector  = { match_labels = { "agentward.dev/agent" = "clerk" } }
      }
    }
  }

  allow = {
    reports = {
      agents     = ["ns:research"]
      target     = "clerk"
      skills     = ["report"]
      part_kinds = ["text"]
    }
    refunds = {
      agents     = ["spiffe://agents.example.org/ns/payments/agent/cashier"]
      target     = "clerk"
      skills     = ["refund"]
      part_kinds = ["text", "data"]
      push_hosts = ["cashier.payments.svc"]
    }
  }

  network = { agents = [{ namespace = "payments" }, { namespace = "research" }] }
}

data "agent_decision" "skill" {
  for_each = toset(["report", "refund"])

  policies  = agent_gateway.a2a.rendered_policies
  principal = { spiffe_id = "spiffe://agents.example.org/ns/research/agent/reader" }
  call = {
    protocol = "a2a"
    method   = "SendMessage"
    target   = "clerk"
    kind     = "skill"
    name     = each.value
    message  = jsonencode({ partKinds = ["text"] })
  }
}

check "skills" {
  assert {
    condition     = data.agent_decision.skill["report"].allowed && !data.agent_decision.skill["refund"].allowed
    error_message = "Research gets no report, or gets a refund."
  }
}
