terraform import agent_gateway.tools gateways/tools
