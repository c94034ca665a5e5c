provider "agent" {
  mode = "render"
}

variables {
  namespace    = "agent-system"
  trust_domain = "agents.example.org"

  targets = {
    bank = {
      protocol = "mcp"
      url      = "http://bank.tools.svc:8080/mcp"
      workload = { namespace = "tools", selector = { match_labels = { "agentward.dev/mcp-server" = "bank" } } }
    }
    wiki = { protocol = "mcp", url = "http://wiki.tools.svc:8080/mcp" }
  }
  tool_namespaces = ["tools"]

  agent_namespaces = {
    payments = {
      targets = ["bank"]
      allow = {
        "billing.small-transfers" = {
          agents    = ["spiffe://agents.example.org/ns/payments/agent/billing"]
          target    = "bank"
          tools     = ["transfer"]
          arguments = { amount = { max = 100 } }
        }
      }
    }
    research = {}
  }
}

run "the_gateway_and_what_guards_its_agents" {
  command = plan

  assert {
    condition = alltrue([
      for kind in ["Deployment", "Service", "ConfigMap", "ServiceAccount", "Role", "RoleBinding", "PodDisruptionBudget", "NetworkPolicy", "ClusterSPIFFEID"] :
      anytrue([for key in keys(output.objects) : strcontains(key, "/${kind}/")])
    ])
    error_message = "Something of the gateway is missing: ${join(", ", keys(output.objects))}"
  }
  assert {
    condition     = output.gateway == "agent-system/agents" && output.token_endpoint != null
    error_message = "The gateway is ${output.gateway}."
  }
  assert {
    condition = alltrue([for namespace in ["payments", "research", "tools"] :
      anytrue([for key in keys(output.objects) : strcontains(key, "/NetworkPolicy/${namespace}/")])
    ])
    error_message = "Agents have a way around the gateway: ${join(", ", keys(output.objects))}"
  }
}

run "agents_are_let_in_by_the_names_of_their_namespaces" {
  command = plan

  assert {
    condition     = agent_admission_policy.agents.namespace_selector.match_expressions[0].values == tolist(["payments", "research"])
    error_message = "The policy is for other namespaces."
  }
  assert {
    condition     = agent_admission_policy.tools[0].namespace_selector.match_expressions[0].values == tolist(["tools"])
    error_message = "The policy for tools is for other namespaces."
  }
  assert {
    condition     = agent_admission_policy.agents.rules.no_automounted_tokens && agent_admission_policy.tools[0].rules.no_automounted_tokens == null
    error_message = "Tools are asked for what only agents can meet, or agents are not."
  }
}

run "without_namespaces_of_tools_there_is_no_policy_for_them" {
  command = plan

  variables {
    tool_namespaces = []
  }

  assert {
    condition     = length(agent_admission_policy.tools) == 0
    error_message = "There is a policy for no namespace, which would be for all."
  }
}

run "platform" {
  command = plan

  variables {
    policies = {
      guard-rails = <<-EOT
        @id("nothing-to-mallory")
        forbid (principal, action == Action::"callTool", resource == Tool::"bank/transfer")
        when { context.arguments has to && context.arguments.to == "mallory" };
      EOT
    }
  }
}

run "what_the_team_permits_is_allowed" {
  command = plan

  module {
    source = "./tests/decision"
  }
  variables {
    policies  = run.platform.policies
    agent     = "spiffe://agents.example.org/ns/payments/agent/billing/instance/1"
    tool      = "bank/transfer"
    arguments = { amount = 50, to = "alice" }
  }

  assert {
    condition     = output.allowed
    error_message = "A small transfer is denied."
  }
}

run "more_is_denied" {
  command = plan

  module {
    source = "./tests/decision"
  }
  variables {
    policies  = run.platform.policies
    agent     = "spiffe://agents.example.org/ns/payments/agent/billing/instance/1"
    tool      = "bank/transfer"
    arguments = { amount = 5000, to = "alice" }
  }

  assert {
    condition     = !output.allowed
    error_message = "A large transfer is allowed by ${join(", ", output.decided_by)}."
  }
}

run "another_agent_is_denied" {
  command = plan

  module {
    source = "./tests/decision"
  }
  variables {
    policies  = run.platform.policies
    agent     = "spiffe://agents.example.org/ns/research/agent/reader/instance/1"
    tool      = "bank/transfer"
    arguments = { amount = 50, to = "alice" }
  }

  assert {
    condition     = !output.allowed
    error_message = "An agent of another namespace is allowed by ${join(", ", output.decided_by)}."
  }
}

run "the_platforms_own_policies_have_the_last_word" {
  command = plan

  module {
    source = "./tests/decision"
  }
  variables {
    policies  = run.platform.policies
    agent     = "spiffe://agents.example.org/ns/payments/agent/billing/instance/1"
    tool      = "bank/transfer"
    arguments = { amount = 50, to = "mallory" }
  }

  assert {
    condition     = !output.allowed && output.decided_by == tolist(["nothing-to-mallory"])
    error_message = "The team's permission goes beyond the platform's forbid: ${join(", ", output.decided_by)}."
  }
}

run "agents_get_a_client_of_the_gateway" {
  command = plan

  variables {
    sidecar = {}
    targets = {
      bank = { protocol = "mcp", url = "http://bank.tools.svc:8080/mcp" }
      shop = { protocol = "grpc", url = "http://shop.tools.svc:8080", services = ["shop.v1.Orders"] }
    }
  }

  assert {
    condition     = agent_admission_policy.agents.sidecar.targets == tolist(["/bank", "/shop#shop.v1.Orders"])
    error_message = "Agents reach ${jsonencode(agent_admission_policy.agents.sidecar.targets)}."
  }
  assert {
    condition     = agent_admission_policy.agents.sidecar.gateway_spiffe_id == "spiffe://agents.example.org/ns/agent-system/gateway/agents" && agent_admission_policy.agents.sidecar.token_endpoint == output.token_endpoint
    error_message = "The sidecar knows another gateway: ${jsonencode(agent_admission_policy.agents.sidecar)}."
  }
  assert {
    condition     = agent_admission_policy.tools[0].sidecar == null
    error_message = "Tools get a client of the gateway, which is for agents."
  }
}

run "the_sidecar_is_what_the_gateway_is" {
  command = plan

  variables {
    deployment = { image = "registry.example.org/mirror/agent-gateway:1" }
    sidecar    = { targets = ["bank"] }
  }

  assert {
    condition     = agent_admission_policy.agents.sidecar.image == "registry.example.org/mirror/agent-gateway:1" && length(agent_admission_policy.agents.sidecar.targets) == 1
    error_message = "The sidecar is ${jsonencode(agent_admission_policy.agents.sidecar)}."
  }
}
