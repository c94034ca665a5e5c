# What an operator sets: limits of each agent, where the audit log goes, and where to look.

development_authority {
  trust_domain = "example.org"
  directory    = ".agentward" # beside this file; holds keys
}

token_service {}

listener "agents" {
  address = "127.0.0.1:8443"
}

target "bank" {
  protocol = "mcp"
  url      = "http://127.0.0.1:3000/mcp"

  limits { # of this target alone
    body        = 65536
    agent_rate  = 1
    agent_burst = 3
    total_time  = "1m"
  }
}

policies {
  files = ["policies/*.cedar"]
}

limits { # of the gateway
  concurrent_requests       = 2000
  agent_concurrent_requests = 100
  drain_time                = "10s"
}

audit {
  stdout    = true
  arguments = ["amount"]
  when_full = "block" # no call without a record

  file {
    path     = "audit.log"
    max_size = 10485760
    keep     = 3
  }
}

admin {
  address = "127.0.0.1:9901"
}
