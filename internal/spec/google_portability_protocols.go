package spec

func (v *portability) mcp() {
	a := v.allow
	if v.google().Unregistered && v.means == ByAccessPolicy {
		v.add(v.path, "is about an MCP server that is not in Agent Registry, of which Google sees no tools: register target %q", a.Target)
	}
	v.note("lists show all that the server has, and not just what may be used")
	if a.ReadOnly {
		v.readOnly()
	}
	if v.means == ByAccessPolicy {
		v.note("completions and tasks are refused: Google does not say which prompt or tool they belong to")
		return
	}
	v.note("tasks are refused")
	if !v.google().Coarse && !(everything(a.Prompts) && everything(a.Resources)) {
		v.add(v.path, "lets through all completions of target %q as well, which come with the methods that MCP cannot do without (MATCH_BASE_PROTOCOL_METHODS), and would tell of other prompts: "+
			"set targets[%q].gcp.coarse to accept that", a.Target, a.Target)
	}
}

func (v *portability) readOnly() {
	switch g := v.google(); {
	case v.means == ByAuthzPolicy:
		v.add(at(v.path, "read_only"), "cannot be said without IAP: name the tools")
	case g.RegistryResource == "" && g.Service.Content == "":
		v.add(at(v.path, "read_only"), "would match no tool: Google knows tools by their description in Agent Registry, and takes it from targets[%q].gcp.service.content", v.allow.Target)
	default:
		v.note("read_only is what Agent Registry was told of a tool, not what the server says now")
	}
}

func (v *portability) a2a() {
	a := v.allow
	if !everything(a.Skills) {
		v.add(at(v.path, "skills"), "cannot be said on Google Cloud: A2A is forwarded unread, so that skills are not told apart. Write [\"*\"], or keep the gateway on the open-source stack")
	}
	if !everything(a.PushHosts) {
		v.add(at(v.path, "push_hosts"), "cannot be said on Google Cloud, which does not see where an agent sends news: write [\"*\"], or keep the gateway on the open-source stack")
	}
	if v.google().Unregistered && v.means == ByAccessPolicy {
		v.add(v.path, "is about an agent that is not in Agent Registry: register target %q", a.Target)
	}
	if !v.google().Coarse {
		v.add(v.path, "lets through every method of target %q on Google Cloud, ListTasks among them, which shows the tasks of all callers, and whatever else is served there: set targets[%q].gcp.coarse to accept that", a.Target, a.Target)
	}
}

func (v *portability) rest() {
	_, base, _ := v.target.Address()
	path := at(v.path, "operations")
	switch {
	case v.needsAddress():
		v.operations(path)
	case !everything(v.allow.Operations):
		v.add(path, "cannot be said of an endpoint in Agent Registry, of which Google tells no paths: write [\"*\"], or set targets[%q].gcp.unregistered", v.allow.Target)
	case base != "":
		v.add(path, "is everything below %q, and an endpoint in Agent Registry is all of its host: set targets[%q].gcp.unregistered", base, v.allow.Target)
	case v.target.Closed():
		v.add(path, "is everything that target %q describes, and an endpoint in Agent Registry is more: set targets[%q].gcp.unregistered", v.allow.Target, v.allow.Target)
	}
}

func (v *portability) grpc() {
	if !v.needsAddress() {
		v.add(at(v.path, "methods"), "cannot be said of an endpoint in Agent Registry, of which Google tells no paths: set targets[%q].gcp.unregistered", v.allow.Target)
		return
	}
	if everything(v.allow.Methods) && len(v.target.Services) == 0 {
		v.add(at(v.path, "methods"), "is everything, and target %q names no services: name them", v.allow.Target)
	}
}
