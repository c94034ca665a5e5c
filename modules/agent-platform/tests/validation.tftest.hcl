provider "agent" {
  mode = "render"
}

variables {
  namespace        = "agent-system"
  trust_domain     = "agents.example.org"
  targets          = { bank = { protocol = "mcp", url = "http://bank.tools.svc:8080/mcp" } }
  agent_namespaces = { payments = {} }
}

# The control: what the others change one thing of is accepted.
run "the_least_that_there_can_be" {
  command = plan

  assert {
    condition     = length(output.objects) > 0
    error_message = "Nothing is rendered."
  }
}

run "a_namespace_that_speaks_for_another_is_refused" {
  command = plan

  variables {
    agent_namespaces = {
      payments = { allow = { theirs = { agents = ["spiffe://agents.example.org/ns/research/agent/reader"], target = "bank", tools = ["*"] } } }
    }
  }

  expect_failures = [var.agent_namespaces]
}

run "a_namespace_that_speaks_for_everybody_is_refused" {
  command = plan

  variables {
    agent_namespaces = { payments = { allow = { all = { agents = ["*"], target = "bank", tools = ["*"] } } } }
  }

  expect_failures = [var.agent_namespaces]
}

run "a_namespace_that_speaks_for_another_trust_domain_is_refused" {
  command = plan

  variables {
    agent_namespaces = {
      payments = { allow = { theirs = { agents = ["spiffe://partner.example.net/ns/payments/agent/billing"], target = "bank", tools = ["*"] } } }
    }
  }

  expect_failures = [var.agent_namespaces]
}

run "a_permission_for_users_alone_is_not_a_namespaces_to_give" {
  command = plan

  variables {
    agent_namespaces = { payments = { allow = { alice = { agents = [], users = ["https://idp.example.org#alice"], target = "bank", tools = ["*"] } } } }
  }

  expect_failures = [var.agent_namespaces]
}

run "a_target_that_the_namespace_may_not_use_is_refused" {
  command = plan

  variables {
    agent_namespaces = {
      payments = {
        targets = ["wiki"]
        allow   = { transfers = { agents = ["ns:payments"], target = "bank", tools = ["transfer"] } }
      }
    }
  }

  expect_failures = [var.agent_namespaces]
}

run "a_permission_of_the_platform_takes_the_place_of_no_teams" {
  command = plan

  variables {
    allow = { "payments.billing" = { agents = ["*"], target = "bank", tools = ["balance"] } }
  }

  expect_failures = [var.allow]
}

run "no_namespaces_of_agents" {
  command = plan

  variables {
    agent_namespaces = {}
  }

  expect_failures = [var.agent_namespaces]
}

run "agents_beside_the_gateway_are_refused" {
  command = plan

  variables {
    namespace = "payments"
  }

  expect_failures = [var.agent_namespaces]
}

run "a_trust_domain_that_is_a_SPIFFE_ID_is_refused" {
  command = plan

  variables {
    trust_domain = "spiffe://agents.example.org"
  }

  expect_failures = [var.trust_domain]
}

run "no_targets" {
  command = plan

  variables {
    targets = {}
  }

  expect_failures = [var.targets]
}

run "a_protocol_that_the_gateway_does_not_know_is_refused" {
  command = plan

  variables {
    targets = { bank = { protocol = "soap", url = "http://bank.tools.svc:8080" } }
  }

  expect_failures = [var.targets]
}

run "replicas_without_a_store_are_refused" {
  command = plan

  variables {
    deployment = { replicas = 2 }
  }

  expect_failures = [var.deployment]
}

run "signatures_that_no_engine_checks_are_refused" {
  command = plan

  variables {
    admission = { engine = "native", signed_images = { images = ["registry.example.org/*"], public_key = "-----BEGIN PUBLIC KEY-----" } }
  }

  expect_failures = [var.admission]
}

run "an_approval_that_any_value_gives_is_refused" {
  command = plan

  variables {
    admission = { approval_label = { values = [] } }
  }

  expect_failures = [var.admission]
}

run "an_id_of_keys_that_is_listed_twice_is_refused" {
  command = plan

  variables {
    keys = { ids = ["2", "2"] }
  }

  expect_failures = [var.keys]
}

run "an_enforcement_that_is_none_is_refused" {
  command = plan

  variables {
    enforcement = "warn"
  }

  expect_failures = [var.enforcement]
}

run "names_that_leave_no_room_are_refused" {
  command = plan

  variables {
    namespace = "a-namespace-whose-name-goes-on-for-longer-than-it-has-to"
  }

  expect_failures = [var.name]
}

run "a_sidecar_that_no_engine_adds_is_refused" {
  command = plan

  variables {
    admission = { engine = "gatekeeper" }
    sidecar   = {}
  }

  expect_failures = [var.sidecar]
}

run "a_sidecar_for_a_target_that_is_none_is_refused" {
  command = plan

  variables {
    sidecar = { targets = ["wiki"] }
  }

  expect_failures = [var.sidecar]
}
