provider "agent" {
  mode = "render"
  gcp = {
    project        = "acme-agents"
    project_number = "123456789012"
    region         = "us-central1"
  }
}

variables {
  namespace    = "agent-system"
  stack        = "gcp"
  trust_domain = "acme-agents.svc.id.goog"
  mode         = "agent_to_anywhere"
  targets      = { bank = { protocol = "mcp", url = "https://bank.example.org/mcp" } }
  agent_namespaces = {
    payments = {
      allow = { balances = { agents = ["ns:payments"], target = "bank", tools = ["balance"] } }
    }
  }
  gcp = {
    data_plane            = "gke"
    resource_uris         = ["//networkservices.googleapis.com/projects/acme-agents/locations/us-central1/gateways/egress"]
    connectivity_template = { access_types = ["PRIVATE"], deployment_model = "AMBIENT" }
  }
}

run "the_gateway_is_Googles_and_admission_the_clusters" {
  command = plan

  assert {
    condition     = contains(keys(output.objects), "//networkservices.googleapis.com/projects/acme-agents/locations/us-central1/agentGateways/agents")
    error_message = "There is no Agent Gateway: ${join(", ", keys(output.objects))}"
  }
  assert {
    condition     = length([for key in keys(output.objects) : key if strcontains(key, "/ValidatingAdmissionPolicy/")]) > 0
    error_message = "Nothing is asked of pods: ${join(", ", keys(output.objects))}"
  }
  assert {
    condition     = length([for key in keys(output.objects) : key if strcontains(key, "/Deployment/")]) == 0
    error_message = "A gateway of our own is deployed too: ${join(", ", keys(output.objects))}"
  }
  assert {
    condition     = jsondecode(output.objects["//networkservices.googleapis.com/projects/acme-agents/locations/us-central1/extensionBindings/agents-iap"]).failOpen == false
    error_message = "Nothing is asked who may call what, or calls pass without an answer: ${jsonencode(output.objects)}"
  }
}

run "what_Model_Armor_needs_can_be_granted" {
  command = plan

  variables {
    gcp = {
      data_plane    = "gke"
      resource_uris = ["//networkservices.googleapis.com/projects/acme-agents/locations/us-central1/gateways/egress"]
      model_armor   = { template = { prompt_injection = "HIGH" } }
    }
  }

  assert {
    condition     = output.required_roles["acme-agents/roles/modelarmor.user"].member == "serviceAccount:service-123456789012@gcp-sa-dep.iam.gserviceaccount.com"
    error_message = "The roles are ${jsonencode(output.required_roles)}"
  }
}

run "images_are_attested" {
  command = plan

  variables {
    binary_authorization = { namespace_rules = { payments = { evaluation = "REQUIRE_ATTESTATION", attestors = ["projects/acme-agents/attestors/ci"] } } }
  }

  assert {
    condition     = length([for key in keys(output.objects) : key if startswith(key, "//binaryauthorization.googleapis.com/projects/acme-agents/policy#")]) == 1
    error_message = "Binary Authorization says nothing of it: ${join(", ", keys(output.objects))}"
  }
}

run "an_attestor_is_made_for_the_rule_that_asks_it" {
  command = plan

  variables {
    binary_authorization = {
      service_account_rules = { "payments:billing" = { evaluation = "REQUIRE_ATTESTATION", attestors = ["ci"] } }
      attestors = {
        ci = {
          note        = "projects/acme-agents/notes/ci"
          public_keys = [{ pgp = "-----BEGIN PGP PUBLIC KEY BLOCK-----\nabc\n-----END PGP PUBLIC KEY BLOCK-----\n" }]
        }
      }
    }
  }

  assert {
    condition     = contains(keys(output.objects), "//binaryauthorization.googleapis.com/projects/acme-agents/attestors/ci")
    error_message = "There is no attestor: ${join(", ", keys(output.objects))}"
  }
  assert {
    condition     = length([for key, object in output.objects : key if strcontains(key, "/policy#") && strcontains(object, "projects/acme-agents/attestors/ci")]) == 1
    error_message = "No rule asks it: ${jsonencode(output.objects)}"
  }
}

run "a_namespace_that_speaks_for_another_is_refused_here_too" {
  command = plan

  variables {
    agent_namespaces = {
      payments = {
        allow = {
          theirs = {
            agents = ["principal://iam.googleapis.com/projects/123456789012/locations/global/workloadIdentityPools/acme-agents.svc.id.goog/subject/ns/research/sa/reader"]
            target = "bank"
            tools  = ["*"]
          }
        }
      }
    }
  }

  expect_failures = [var.agent_namespaces]
}

run "a_sidecar_is_refused" {
  command = plan

  variables {
    sidecar = {}
  }

  expect_failures = [var.stack]
}

run "Binary_Authorization_is_refused_elsewhere" {
  command = plan

  variables {
    stack                = "oss"
    gcp                  = null
    trust_domain         = "agents.example.org"
    binary_authorization = { system_images = true }
  }

  expect_failures = [var.binary_authorization]
}
