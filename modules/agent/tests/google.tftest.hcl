provider "agent" {
  mode  = "render"
  stack = "oss"
  gcp = {
    project        = "acme-agents"
    project_number = "123456789012"
    region         = "us-central1"
  }
}

variables {
  name      = "billing"
  namespace = "payments"
  stack     = "gcp"
  gateways  = ["agent-system/agents"]
  gcp       = { gke = { principal = "principal://agents.global.org-1.system.id.goog/resources/container/example" } }

  allow = { balances = { target = "bank", tools = ["balance"] } }
}

run "an_agent_of_GKE_says_itself_what_it_is" {
  command = plan

  assert {
    condition     = output.pod_annotations == tomap({ "iam.gke.io/spiffe-identity-type" = "agent-identity" }) && output.workload_labels == tomap({ "registry.gke.io/functional-type" = "AGENT" })
    error_message = "Pods are told to carry ${jsonencode(output.pod_annotations)}, their Deployment ${jsonencode(output.workload_labels)}."
  }
  assert {
    condition     = join(",", keys(agent_identity.this.objects)) == "/v1/ServiceAccount/payments/billing"
    error_message = "It has ${join(", ", keys(agent_identity.this.objects))}."
  }
  assert {
    condition     = output.allow["billing.balances"].agents == [output.principal] && startswith(output.principal, "principal://")
    error_message = "The permission is for ${jsonencode(output.allow["billing.balances"].agents)}."
  }
}

run "a_suspension_ends_what_it_may_do_at_gateways_too" {
  command = plan

  variables {
    suspended = true
  }

  assert {
    condition     = length([for key in keys(agent_identity.this.objects) : key if strcontains(key, "/denypolicies/")]) == 1 && length([for key in keys(agent_identity.this.objects) : key if strcontains(key, "/accessPolicies/")]) == 1
    error_message = "It is denied by ${join(", ", keys(agent_identity.this.objects))}."
  }
}

run "an_agent_that_policies_cannot_name_is_permitted_nothing" {
  command = plan

  variables {
    gcp = null
  }

  expect_failures = [output.allow]
}

run "a_managed_identity_is_named_by_its_pool" {
  command = plan

  variables {
    gcp = { managed = { pool = { id = "acme-agents-pool", create = true } } }
  }

  assert {
    condition     = output.principal == "principal://iam.googleapis.com/projects/123456789012/locations/global/workloadIdentityPools/acme-agents-pool/subject/ns/payments/sa/billing"
    error_message = "It is ${output.principal}."
  }
}

run "a_stack_that_is_none_is_refused" {
  command = plan

  variables {
    stack = "aws"
  }

  expect_failures = [var.stack]
}
