terraform {
  required_version = ">= 1.11"
  required_providers {
    agent = { source = "agentward/agent" }
  }
}

provider "agent" {
  stack = "gcp"
  gcp = {
    project        = "acme-agents"
    project_number = "123456789012"
    region         = "us-central1"
  }
}

# A gateway on the way from agents to an MCP server: an agent may look balances up.
resource "agent_gateway" "mcp" {
  name = "mcp"
  mode = "agent_to_anywhere"

  # That of the organization's agents.
  trust_domain = "agents.global.org-555555555555.system.id.goog"

  targets = {
    bank = {
      protocol = "mcp"
      url      = "https://bank.example.org/mcp"

      # What Google knows of the server's tools: it never asks the server itself.
      gcp = {
        service = {
          display_name = "Bank"
          content = jsonencode({
            tools = [
              { name = "balance", description = "Balance of an account", annotations = { readOnlyHint = true } },
              { name = "statement", description = "Statement of an account", annotations = { readOnlyHint = true } },
              { name = "transfer", description = "Moves money", annotations = { destructiveHint = true } },
            ]
          })
        }
      }
    }
  }

  allow = {
    balances = {
      agents    = ["spiffe://agents.global.org-555555555555.system.id.goog/resources/aiplatform/projects/123456789012/locations/us-central1/reasoningEngines/42"]
      target    = "bank"
      tools     = ["balance", "statement"]
      read_only = true
    }
  }

  gcp = {
    model_armor = {
      template = {
        prompt_injection = "MEDIUM_AND_ABOVE"
        malicious_uris   = true
        responsible_ai   = { DANGEROUS = "MEDIUM_AND_ABOVE" }
      }
    }

    # Everything that is not registered and permitted is denied to agents, their own telemetry too.
    services = {
      logging = { display_name = "Cloud Logging", interfaces = [{ url = "https://logging.googleapis.com", protocol_binding = "HTTP_JSON" }] }
    }
    access_policy = {
      rules = [{
        description = "Agents may write logs."
        principals  = ["principalSet://agents.global.org-555555555555.system.id.goog/*"]
        condition   = "destination.is_registered && destination.agent_registry.resource_type == 'ENDPOINT' && destination.agent_registry.endpoint.name.endsWith('/endpoints/logging')"
      }]
    }
  }
}

output "endpoint" {
  value = agent_gateway.mcp.url
}
