provider "agent" {
  mode         = "render"
  trust_domain = "agents.example.org"
}

variables {
  name      = "billing"
  namespace = "payments"
  gateways  = ["agent-system/agents"]

  allow = {
    small-transfers = {
      target    = "bank"
      tools     = ["transfer"]
      arguments = { amount = { min = 1, max = 100 } }
    }
  }
}

run "every_pod_has_an_identity_of_its_own" {
  command = plan

  assert {
    condition     = endswith(output.spiffe_id_template, "/instance/{{ .PodMeta.UID }}")
    error_message = "The SPIFFE ID is that of no instance: ${output.spiffe_id_template}"
  }
  assert {
    condition     = output.principal == "spiffe://agents.example.org/ns/payments/agent/billing"
    error_message = "The agent is ${output.principal}."
  }
  assert {
    condition     = output.pod_labels == tomap({ "agentward.dev/agent" = "billing", "agentward.dev/approved" = "true" }) && output.service_account_name == "billing"
    error_message = "Pods are told to carry ${jsonencode(output.pod_labels)}, and to run under ${output.service_account_name}."
  }
}

run "permissions_are_for_this_agent_alone" {
  command = plan

  assert {
    condition     = keys(output.allow) == ["billing.small-transfers"]
    error_message = "The permissions are called ${join(", ", keys(output.allow))}."
  }
  assert {
    condition     = output.allow["billing.small-transfers"].agents == ["spiffe://agents.example.org/ns/payments/agent/billing"]
    error_message = "The permission is for ${jsonencode(output.allow["billing.small-transfers"].agents)}."
  }
  assert {
    condition     = output.allow["billing.small-transfers"].arguments.amount.max == 100
    error_message = "The condition on the amount is lost."
  }
}

run "nothing_is_suspended" {
  command = plan

  assert {
    condition     = length([for key in keys(agent_identity.this.objects) : key if strcontains(key, "/ClusterSPIFFEID/")]) == 1
    error_message = "The agent is not registered: ${join(", ", keys(agent_identity.this.objects))}"
  }
  assert {
    condition     = length([for key in keys(agent_identity.this.objects) : key if strcontains(key, "/agents-suspended")]) == 0
    error_message = "A gateway is told of a suspension that there is none of."
  }
}

run "the_kill_switch_withdraws_the_identity_and_tells_the_gateways" {
  command = plan

  variables {
    suspended = true
  }

  assert {
    condition     = length([for key in keys(agent_identity.this.objects) : key if strcontains(key, "/ClusterSPIFFEID/")]) == 0
    error_message = "A suspended agent is still registered."
  }
  assert {
    condition     = anytrue([for key, object in agent_identity.this.objects : strcontains(key, "/agent-system/agents-suspended") && strcontains(object, output.principal)])
    error_message = "The gateway is not told of the suspension: ${jsonencode(agent_identity.this.objects)}"
  }
}

run "one_pod_is_suspended_alone" {
  command = plan

  variables {
    suspended_instances = ["0b5c3f2e-6a1d-4f0e-9c7b-2d8e4a6f1b3c"]
  }

  assert {
    condition     = length([for key in keys(agent_identity.this.objects) : key if strcontains(key, "/ClusterSPIFFEID/")]) == 1
    error_message = "The agent's other pods have lost their registration."
  }
  assert {
    condition     = anytrue([for key, object in agent_identity.this.objects : strcontains(key, "/agent-system/agents-suspended") && strcontains(object, "/instance/0b5c3f2e-6a1d-4f0e-9c7b-2d8e4a6f1b3c")])
    error_message = "The gateway is not told of the pod: ${jsonencode(agent_identity.this.objects)}"
  }
}

run "pods_of_a_selector_and_an_account_of_others" {
  command = plan

  variables {
    pod_selector    = { match_labels = { app = "billing" } }
    service_account = { create = false, name = "payments" }
    approval_label  = { key = "example.org/reviewed", value = "yes" }
  }

  assert {
    condition     = output.pod_labels == tomap({ app = "billing", "example.org/reviewed" = "yes" }) && output.service_account_name == "payments"
    error_message = "Pods are told to carry ${jsonencode(output.pod_labels)}, and to run under ${output.service_account_name}."
  }
}

run "a_name_that_is_no_DNS_label_is_refused" {
  command = plan

  variables {
    name = "Billing"
  }

  expect_failures = [var.name]
}

run "a_namespace_that_is_none_is_refused" {
  command = plan

  variables {
    namespace = "payments/billing"
  }

  expect_failures = [var.namespace]
}

run "a_gateway_without_its_namespace_is_refused" {
  command = plan

  variables {
    gateways = ["agents"]
  }

  expect_failures = [var.gateways]
}

run "a_permission_for_nothing_is_refused" {
  command = plan

  variables {
    allow = { everything = { target = "bank" } }
  }

  expect_failures = [var.allow]
}

run "a_permission_whose_name_has_a_dot_is_refused" {
  command = plan

  variables {
    allow = { "small.transfers" = { target = "bank", tools = ["transfer"] } }
  }

  expect_failures = [var.allow]
}
