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

# The agent exists before its code does, so that what it may do is settled when the code comes.
resource "agent_identity" "billing" {
  name      = "billing"
  namespace = "payments"

  gcp = {
    organization  = "555555555555"
    agent_runtime = { description = "Answers questions about invoices." }

    # Whatever the project's agents are granted, they reach this project alone. Boundaries add up: one is enough for all of them.
    principal_access_boundary = {
      rules = [{ resources = ["projects/acme-agents"] }]
    }
    deny_policy = {
      rules = [{ permissions = ["storage.googleapis.com/objects.delete"] }]
    }

    # Google keeps the credentials that it uses elsewhere. The secret is in neither plan nor state.
    auth_provider = {
      two_legged_oauth = {
        client_id                = "billing"
        client_secret_wo         = var.crm_secret
        client_secret_wo_version = 1
        token_url                = "https://crm.example.org/oauth/token"
      }
      allowed_scopes = ["invoices.read"]
    }
  }
}

variable "crm_secret" {
  type        = string
  description = "The agent's secret at the CRM."
  ephemeral   = true
  default     = "change me"
}

resource "agent_gateway" "out" {
  name         = "out"
  mode         = "agent_to_anywhere"
  trust_domain = "agents.global.org-555555555555.system.id.goog"

  targets = {
    crm = { protocol = "mcp", url = "https://crm.example.org/mcp" }
  }
  allow = {
    invoices = {
      agents = [agent_identity.billing.principal]
      target = "crm"
      tools  = ["invoice", "invoices"]
    }
  }
}

output "principal" {
  value = agent_identity.billing.principal
}
