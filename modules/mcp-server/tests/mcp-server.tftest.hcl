provider "agent" {
  mode         = "render"
  trust_domain = "agents.example.org"
}

variables {
  name      = "bank"
  namespace = "tools"
  images    = ["registry.example.org/tools/bank"]
}

run "a_server_is_a_target_that_only_the_gateway_reaches" {
  command = plan

  assert {
    condition     = output.target.protocol == "mcp" && output.target.url == "http://bank.tools.svc:8080/mcp" && output.target.tls == null
    error_message = "The target is ${jsonencode(output.target)}."
  }
  assert {
    condition     = output.target.workload.namespace == "tools" && output.target.workload.selector.match_labels == output.service_selector
    error_message = "The gateway guards ${jsonencode(output.target.workload)}, and the Service selects ${jsonencode(output.service_selector)}."
  }
  assert {
    condition     = output.pod_labels == tomap({ "agentward.dev/mcp-server" = "bank", "agentward.dev/approved" = "true" })
    error_message = "Pods are told to carry ${jsonencode(output.pod_labels)}."
  }
}

run "only_approved_images_run_under_its_label" {
  command = plan

  assert {
    condition = anytrue([for key, object in agent_admission_policy.this.objects :
      strcontains(key, "/ValidatingAdmissionPolicy/") && strcontains(object, "registry.example.org/tools/bank")
    ])
    error_message = "No policy names the approved image: ${join(", ", keys(agent_admission_policy.this.objects))}"
  }
  assert {
    condition = anytrue([for key, object in agent_admission_policy.this.objects :
      strcontains(key, "/ValidatingAdmissionPolicyBinding/") && try(jsondecode(object).spec.validationActions, []) == ["Deny"]
    ])
    error_message = "Other images are not refused."
  }
}

run "a_server_with_an_SVID_is_known_by_it" {
  command = plan

  variables {
    svid    = true
    service = { port = 8443 }
  }

  assert {
    condition     = output.target.url == "https://bank.tools.svc:8443/mcp"
    error_message = "The target is at ${output.target.url}."
  }
  assert {
    condition     = output.target.tls.spiffe_ids == ["spiffe://agents.example.org/ns/tools/agent/bank"] && output.target.tls.client_svid
    error_message = "The server is verified by ${jsonencode(output.target.tls)}."
  }
  assert {
    condition     = length([for key in keys(agent_identity.this.objects) : key if strcontains(key, "/ClusterSPIFFEID/")]) == 2
    error_message = "The server has no ID that its pods share: ${join(", ", keys(agent_identity.this.objects))}"
  }
}

run "a_server_elsewhere" {
  command = plan

  variables {
    url          = "https://mcp.partner.example.net/mcp"
    gateway_only = false
    credentials  = [{ kind = "static", value = { secret = "partner", key = "token" } }]
  }

  assert {
    condition     = output.target.url == "https://mcp.partner.example.net/mcp" && output.target.workload == null && output.target.credentials[0].value.secret == "partner"
    error_message = "The target is ${jsonencode(output.target)}."
  }
}

run "a_certificate_of_its_own" {
  command = plan

  variables {
    tls = { server_name = "bank.example.org" }
  }

  assert {
    condition     = startswith(output.target.url, "https://") && output.target.tls.server_name == "bank.example.org" && output.target.tls.spiffe_ids == null
    error_message = "The target is ${jsonencode(output.target)}."
  }
}

run "a_server_without_an_approved_image_is_refused" {
  command = plan

  variables {
    images = []
  }

  expect_failures = [var.images]
}

run "two_certificates_are_refused" {
  command = plan

  variables {
    svid = true
    tls  = {}
  }

  expect_failures = [var.tls]
}

run "a_name_that_leaves_no_room_is_refused" {
  command = plan

  variables {
    name = "an-mcp-server-whose-name-goes-on-for-longer-than-it-should"
  }

  expect_failures = [var.name]
}

run "a_port_that_is_none_is_refused" {
  command = plan

  variables {
    service = { port = 80800 }
  }

  expect_failures = [var.service]
}

run "a_URL_without_scheme_is_refused" {
  command = plan

  variables {
    url = "bank.tools.svc/mcp"
  }

  expect_failures = [var.url]
}

run "a_credential_of_no_kind_is_refused" {
  command = plan

  variables {
    credentials = [{ kind = "password" }]
  }

  expect_failures = [var.credentials]
}
