terraform {
  required_version = ">= 1.11"
  required_providers {
    agent = { source = "agentward/agent" }
  }
}

# The cluster is the one that KUBE_CONFIG_PATH names.
provider "agent" {
  trust_domain = "agents.example.org"
}

# A gateway in front of a service of gRPC. With its descriptors the gateway reads each message, so that permissions can be about fields.
resource "agent_gateway" "grpc" {
  name      = "grpc"
  namespace = "agent-system"

  targets = {
    shop = {
      protocol = "grpc"
      url      = "http://shop.tools.svc:8080"
      services = ["shop.v1.Orders"]

      # protoc --include_imports --descriptor_set_out=shop.binpb shop.proto
      descriptors = filebase64("${path.module}/../../gateway/grpc/shop.binpb")
    }
  }

  allow = {
    small-orders = {
      agents    = ["spiffe://agents.example.org/ns/office/agent/buyer"]
      target    = "shop"
      methods   = ["shop.v1.Orders/Place"]
      arguments = { cents = { min = 1, max = 2000 } }
    }
  }

  network = { agents = [{ namespace = "office" }] }
}

data "agent_decision" "order" {
  for_each = { small = 500, large = 50000 }

  policies  = agent_gateway.grpc.rendered_policies
  principal = { spiffe_id = "spiffe://agents.example.org/ns/office/agent/buyer" }
  call = {
    protocol  = "grpc"
    method    = "shop.v1.Orders/Place"
    target    = "shop"
    kind      = "rpc"
    name      = "shop.v1.Orders/Place"
    arguments = jsonencode({ item = "paper", cents = each.value })
  }
}

check "orders" {
  assert {
    condition     = data.agent_decision.order["small"].allowed && !data.agent_decision.order["large"].allowed
    error_message = "A small order is denied, or a large one allowed."
  }
}
