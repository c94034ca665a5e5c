# What calls get is the same in every environment, and needs no cluster to be known.
provider "agent" {
  mode = "render"
}

variables {
  trust_domain = "test.example.org"
  enforcement  = "enforce"
  admission    = { engine = "native", actions = ["deny"], failure_policy = "Fail" }
}

run "stack" {
  command = plan
}

run "decisions" {
  command = plan

  module {
    source = "./tests/decision"
  }
  variables {
    policies = run.stack.policies
    calls = {
      "billing moves a small sum"       = { agent = "billing", tool = "transfer", arguments = { amount = 100, to = "acct-7" } }
      "billing moves a large sum"       = { agent = "billing", tool = "transfer", arguments = { amount = 101, to = "acct-7" } }
      "billing pays somebody else"      = { agent = "billing", tool = "transfer", arguments = { amount = 1, to = "mallory" } }
      "the auditor looks at a balance"  = { agent = "auditor", tool = "balance", read_only = true }
      "the auditor moves a small sum"   = { agent = "auditor", tool = "transfer", arguments = { amount = 1, to = "acct-7" } }
      "an agent that nobody knows asks" = { agent = "shadow", tool = "balance", read_only = true }
    }
  }

  assert {
    condition     = toset([for name, allowed in output.allowed : name if allowed]) == toset(["billing moves a small sum", "the auditor looks at a balance"])
    error_message = "Allowed is: ${join("; ", [for name, allowed in output.allowed : name if allowed])}."
  }
}
