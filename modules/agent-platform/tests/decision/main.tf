# How the gateway would decide a tool call of an agent, for the tests of the module.
terraform {
  required_providers {
    agent = { source = "agentward/agent" }
  }
}

variable "policies" {
  type = map(string)
}

variable "agent" {
  type = string
}

variable "tool" {
  type = string
}

variable "arguments" {
  type    = any
  default = {}
}

data "agent_decision" "this" {
  policies  = var.policies
  principal = { spiffe_id = var.agent }
  call = {
    protocol  = "mcp"
    method    = "tools/call"
    target    = split("/", var.tool)[0]
    kind      = "tool"
    name      = split("/", var.tool)[1]
    arguments = jsonencode(var.arguments)
  }
}

output "allowed" {
  value = data.agent_decision.this.allowed
}

output "decided_by" {
  value = data.agent_decision.this.decided_by
}
