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

# Without the secret the provider refuses its version, so that a plan says that it arrives.
run "the_secret_of_an_auth_provider_is_passed_on_and_not_kept" {
  command = plan

  variables {
    gcp = {
      managed       = { pool = { id = "acme-agents-pool", create = true } }
      auth_provider = { two_legged_oauth = { client_id = "billing", client_secret_wo_version = 1, token_url = "https://auth.example.org/token" } }
    }
    auth_provider_secret = "sesame"
  }

  assert {
    condition     = length([for key in keys(agent_identity.this.objects) : key if endswith(key, "/authProviders/payments-billing")]) == 1
    error_message = "It has ${join(", ", keys(agent_identity.this.objects))}."
  }
  assert {
    condition     = !strcontains(jsonencode([agent_identity.this.gcp, agent_identity.this.objects]), "sesame")
    error_message = "The plan has the secret."
  }
}

run "an_API_key_is_a_secret_too" {
  command = plan

  variables {
    gcp                  = { auth_provider = { api_key = { key_wo_version = 1 } }, gke = { principal = "principal://agents.global.org-1.system.id.goog/resources/container/example" } }
    auth_provider_secret = "sesame"
  }

  assert {
    condition     = agent_identity.this.gcp.auth_provider.api_key.key_wo == null && agent_identity.this.gcp.auth_provider.api_key.key_wo_version == 1
    error_message = "The plan has the key, or not its version."
  }
}

run "an_access_policy_says_what_it_may_call" {
  command = plan

  variables {
    gcp = {
      gke           = { principal = "principal://agents.global.org-1.system.id.goog/resources/container/example" }
      access_policy = { rules = [{ permissions = ["iap.googleapis.com/resources.egressViaIAP"], conditions = { "iap.googleapis.com" = "destination.is_registered" } }] }
    }
  }

  assert {
    condition     = length([for key, object in agent_identity.this.objects : key if strcontains(key, "/accessPolicies/") && strcontains(object, "destination.is_registered")]) == 1
    error_message = "It has ${jsonencode(agent_identity.this.objects)}."
  }
}

run "a_stack_that_is_none_is_refused" {
  command = plan

  variables {
    stack = "aws"
  }

  expect_failures = [var.stack]
}
