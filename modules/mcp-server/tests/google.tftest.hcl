provider "agent" {
  mode = "render"
  gcp = {
    project        = "acme-agents"
    project_number = "123456789012"
    region         = "us-central1"
  }
}

variables {
  name      = "bank"
  namespace = "tools"
  stack     = "gcp"
  images    = ["us-docker.pkg.dev/acme-agents/tools/bank"]
  tools     = "{\"tools\":[{\"name\":\"balance\"}]}"
}

run "a_server_on_GKE_says_itself_what_it_is" {
  command = plan

  assert {
    condition     = output.workload_labels == tomap({ "registry.gke.io/functional-type" = "MCP_SERVER" })
    error_message = "Its Deployment is told to carry ${jsonencode(output.workload_labels)}."
  }
  assert {
    condition     = output.workload_annotations["modelcontextprotocol.info/urls"] == "http://bank.tools.svc:8080/mcp"
    error_message = "Its Deployment is told to carry ${jsonencode(output.workload_annotations)}."
  }
}

run "its_tools_go_to_the_registry" {
  command = plan

  assert {
    condition     = output.target.gcp.service.content == "{\"tools\":[{\"name\":\"balance\"}]}" && output.target.workload == null
    error_message = "The target is ${jsonencode(output.target)}."
  }
}

run "only_approved_images_run_under_its_label_here_too" {
  command = plan

  assert {
    condition     = length([for key in keys(agent_admission_policy.this.objects) : key if strcontains(key, "/ValidatingAdmissionPolicy/")]) > 0
    error_message = "Nothing keeps other images out: ${join(", ", keys(agent_admission_policy.this.objects))}"
  }
}

run "tools_that_are_none_are_refused" {
  command = plan

  variables {
    tools = "[]"
  }

  expect_failures = [var.tools]
}
