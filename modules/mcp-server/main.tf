# Who the server is. Its pods run under this ServiceAccount, and get an SVID where they ask for one.
resource "agent_identity" "this" {
  name         = var.name
  namespace    = var.namespace
  stack        = var.stack
  trust_domain = local.google ? null : var.trust_domain
  class_name   = var.class_name

  service_account = var.service_account
  pod_selector    = local.google ? null : { match_labels = local.selector }

  # The gateway compares IDs exactly, so the server needs one that all its pods share.
  logical_id = var.svid

  gcp = !local.google ? null : merge(var.gcp, {
    runtime = "gke"
    gke     = { functional_type = "MCP_SERVER", mcp_urls = local.url }
  })
}

# What was approved: pods that pass for this server run these images and no others.
resource "agent_admission_policy" "this" {
  name           = "mcp-server.${var.namespace}.${var.name}"
  engine         = var.admission.engine
  actions        = var.admission.actions
  failure_policy = var.admission.failure_policy

  namespace_selector = { match_labels = { "kubernetes.io/metadata.name" = var.namespace } }
  object_selector    = { match_labels = local.selector }

  rules = {
    approval_label = {
      key    = var.approval_label.key
      values = [var.approval_label.value]
    }
    mcp_servers = {
      label_key      = local.label
      label_value    = var.name
      allowed_images = var.images
    }
  }
}

locals {
  label    = "agentward.dev/mcp-server"
  selector = tomap({ (local.label) = var.name })

  scheme = var.svid || var.tls != null ? "https" : "http"
  url    = coalesce(var.url, "${local.scheme}://${coalesce(var.service.name, var.name)}.${var.namespace}.svc:${var.service.port}${var.service.path}")

  # An SVID says who the server is whatever it is called, and the gateway shows its own in return.
  tls = !var.svid && var.tls == null ? null : {
    ca                 = try(var.tls.ca, null)
    server_name        = try(var.tls.server_name, null)
    minimum            = try(var.tls.minimum, null)
    client_certificate = try(var.tls.client_certificate, null)
    client_svid        = var.svid
    spiffe_ids         = var.svid ? [agent_identity.this.principal] : null
  }
}
