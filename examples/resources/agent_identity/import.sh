terraform import agent_identity.billing agents/billing
