output "endpoints" {
  description = "Where agents call each target."
  value       = module.platform.endpoints
}

output "policies" {
  description = "All policies of the gateway."
  value       = module.platform.policies
}

output "pods" {
  description = "What pods must carry, and the account that they run under, by what they are."
  value = {
    bank    = { labels = module.bank.pod_labels, service_account = module.bank.service_account_name }
    billing = { labels = module.billing.pod_labels, service_account = module.billing.service_account_name }
    auditor = { labels = module.auditor.pod_labels, service_account = module.auditor.service_account_name }
  }
}
