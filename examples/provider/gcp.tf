# Google Cloud, with the credentials of a pipeline's workload identity federation acting as a service account.
provider "agent" {
  alias = "gcp"
  stack = "gcp"

  gcp = {
    project                     = "acme-agents"
    project_number              = "123456789012"
    region                      = "us-central1"
    impersonate_service_account = "agent-governance@acme-agents.iam.gserviceaccount.com"
  }
}
