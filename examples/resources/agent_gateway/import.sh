terraform import agent_gateway.tools gateways/tools

# On the gcp stack, by the full name of the Agent Gateway, with or without its service:
terraform import agent_gateway.tools //networkservices.googleapis.com/projects/acme-agents/locations/us-central1/agentGateways/tools
