# Agents run only when somebody approved them, from images of our own, confined, in the namespaces for agents.
resource "agent_admission_policy" "agents" {
  name    = "agents"
  engine  = "kyverno"
  actions = ["deny"]

  namespace_selector = {
    match_labels = { "workload-type" = "ai-agent" }
  }

  rules = {
    approval_label = {
      key    = "agentward.dev/approved"
      values = ["true"]
    }

    allowed_registries = ["registry.example.org/agents"]

    spiffe_identity = {
      csi_driver = "csi.spiffe.io"
    }

    security_context = {
      run_as_non_root           = true
      no_privilege_escalation   = true
      no_privileged             = true
      read_only_root_filesystem = true
      drop_all_capabilities     = true
      seccomp_runtime_default   = true
      no_host_namespaces        = true
      no_host_path              = true
    }

    no_automounted_tokens = true

    resource_limits = {
      required   = ["cpu", "memory"]
      max_memory = "4Gi"
    }

    custom = [{
      name       = "no-lifecycle-hooks"
      expression = "variables.containers.all(c, !has(c.lifecycle))"
      message    = "an agent's container has no lifecycle hooks"
    }]
  }

  # Approved pods are given a client of the gateway: agents call $AGENT_GATEWAY_URL/bank, and know nothing of SVIDs and tokens.
  sidecar = {
    image             = "registry.example.org/agents/agent-gateway:1.0.0"
    gateway           = "https://edge.gateways.svc:8443" # agent_gateway.edge.url
    gateway_spiffe_id = "spiffe://agents.example.org/ns/gateways/gateway/edge"
    targets           = ["/bank", "/crm"] # or values(agent_gateway.edge.endpoints)
    token_endpoint    = "https://edge.gateways.svc:8443/oauth/token"

    resources = {
      requests = { cpu = "10m", memory = "32Mi" }
      limits   = { cpu = "200m", memory = "128Mi" }
    }
  }

  exceptions = [{
    name       = "migration"
    namespaces = ["agents-legacy"]
    names      = ["billing-*"]
    reason     = "OPS-1234: moves to the new base image"
    expires_at = "2027-03-31T00:00:00Z"
  }]
}
