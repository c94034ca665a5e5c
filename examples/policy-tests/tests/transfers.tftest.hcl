# terraform test: the gateway's own engine decides, and no gateway or cluster is needed.
provider "agent" {
  mode = "render"
}

run "gateway" {
  command = plan
}

run "payments_may_transfer_a_little" {
  command = plan
  module { source = "./tests/ask" }
  variables {
    policies = run.gateway.policies
    allow    = run.gateway.allow
    transfers = {
      little     = { amount = 100, to = "alice" }
      much       = { amount = 101, to = "alice" }
      to_unknown = { amount = 5, to = "mallory" }
    }
  }
  assert {
    condition     = output.permitted.little == tolist(["allow.transfers.tools"])
    error_message = "A transfer of 100 to alice is denied."
  }
  assert {
    condition     = length(output.permitted.much) == 0 && length(output.permitted.to_unknown) == 0
    error_message = "A transfer is permitted that should not be."
  }
}

run "others_may_not" {
  command = plan
  module { source = "./tests/ask" }
  variables {
    policies  = run.gateway.policies
    allow     = run.gateway.allow
    agent     = "spiffe://agents.example.org/ns/marketing/agent/writer"
    transfers = { little = { amount = 1, to = "alice" } }
  }
  assert {
    condition     = length(output.permitted.little) == 0
    error_message = "An agent of another namespace may transfer."
  }
}

run "nobody_without_a_certificate" {
  command = plan
  module { source = "./tests/ask" }
  variables {
    policies  = run.gateway.policies
    allow     = run.gateway.allow
    mtls      = false
    transfers = { little = { amount = 1, to = "alice" } }
  }
  assert {
    condition     = length(output.permitted.little) == 0
    error_message = "A transfer needs no certificate."
  }
}
