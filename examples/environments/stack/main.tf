module "platform" {
  source = "../../../modules/agent-platform"

  namespace    = "agent-system"
  trust_domain = var.trust_domain
  enforcement  = var.enforcement
  listeners    = { agents = { dpop_nonces = var.dpop_nonces } }
  store        = var.store
  deployment   = merge(var.deployment, { image = "registry.example.org/agentward/agent-gateway:0.1.0" })

  targets         = { bank = module.bank.target }
  tool_namespaces = ["tools"]

  agent_namespaces = {
    payments = {
      targets = ["bank"]
      allow   = merge(module.billing.allow, module.auditor.allow)
    }
  }
  policies = { for file in fileset(path.module, "policies/*.cedar") : trimsuffix(basename(file), ".cedar") => file("${path.module}/${file}") }

  # Agents call $AGENT_GATEWAY_URL/bank, and know nothing of SVIDs and tokens.
  sidecar = {
    resources = {
      requests = { cpu = "10m", memory = "32Mi" }
      limits   = { cpu = "200m", memory = "128Mi" }
    }
  }

  admission = {
    engine             = var.admission.engine
    actions            = var.admission.actions
    failure_policy     = var.admission.failure_policy
    signed_images      = var.admission.signed_images
    allowed_registries = ["registry.example.org"]
    resource_limits    = { required = ["cpu", "memory"] }
  }
}

module "bank" {
  source = "../../../modules/mcp-server"

  name         = "bank"
  namespace    = "tools"
  trust_domain = var.trust_domain
  images       = ["registry.example.org/tools/bank"]
  admission = {
    engine         = var.admission.engine
    actions        = var.admission.actions
    failure_policy = var.admission.failure_policy
  }
}

module "billing" {
  source = "../../../modules/agent"

  name         = "billing"
  namespace    = "payments"
  trust_domain = var.trust_domain
  gateways     = [module.platform.gateway]
  x509_ttl     = "15m"

  allow = {
    balances        = { target = "bank", tools = ["balance"] }
    small-transfers = { target = "bank", tools = ["transfer"], arguments = { amount = { min = 1, max = 100 } } }
  }
}

module "auditor" {
  source = "../../../modules/agent"

  name         = "auditor"
  namespace    = "payments"
  trust_domain = var.trust_domain
  gateways     = [module.platform.gateway]
  x509_ttl     = "15m"

  allow = {
    looks = { target = "bank", tools = ["*"], read_only = true }
  }
}
