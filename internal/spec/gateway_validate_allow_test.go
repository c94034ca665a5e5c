package spec

import "testing"

func TestProblemsOfPermissions(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*Gateway)
		want   string
	}{
		"name that is no key":             {func(g *Gateway) { g.Allow["a b"] = g.Allow["users"] }, `allow["a b"]: "a b" cannot name a policy`},
		"for nobody":                      {allow("users", func(a *Allow) { a.Users = nil }), `allow["users"]: is for nobody`},
		"for what is no SPIFFE ID":        {allow("orders", func(a *Allow) { a.Agents = []string{"billing"} }), `allow["orders"].agents[0]: "billing" is no SPIFFE ID`},
		"for a trust domain by its ID":    {allow("orders", func(a *Allow) { a.Agents = []string{"spiffe://example.org"} }), `allow["orders"].agents[0]: "spiffe://example.org" is a trust domain: write "*"`},
		"for one instance":                {allow("orders", func(a *Allow) { a.Agents = []string{"spiffe://example.org/ns/a/agent/b/instance/c"} }), `allow["orders"].agents[0]: "spiffe://example.org/ns/a/agent/b/instance/c" is one instance, and permissions are for agents: write "spiffe://example.org/ns/a/agent/b"`},
		"for a trust domain not known":    {allow("orders", func(a *Allow) { a.Agents = []string{"spiffe://other.example/ns/a/agent/b"} }), `allow["orders"].agents[0]: "spiffe://other.example/ns/a/agent/b" is of the trust domain "other.example"`},
		"for no namespace":                {allow("orders", func(a *Allow) { a.Agents = []string{"ns:A"} }), `allow["orders"].agents[0]: "A" is no namespace`},
		"for all and one":                 {allow("orders", func(a *Allow) { a.Agents = []string{"ns:a", "*"} }), `allow["orders"].agents[1]: "*" is every agent`},
		"for one twice":                   {allow("orders", func(a *Allow) { a.Agents = []string{"ns:a", "ns:a"} }), `allow["orders"].agents[1]: "ns:a" is given twice`},
		"for a user without issuer":       {allow("users", func(a *Allow) { a.Users = []string{"alice"} }), `allow["users"].users[0]: "alice" is no user`},
		"for agents of a DID":             {allow("users", func(a *Allow) { a.Agents = []string{"*"} }), `allow["users"].users[0]: "did:key:z6Mk" calls by itself`},
		"of no target":                    {allow("users", func(a *Allow) { a.Target = "x" }), `allow["users"].target: "x" is no target`},
		"of nothing":                      {allow("users", func(a *Allow) { a.Operations = nil }), `allow["users"]: permits nothing: name what may be used of target "crm" in operations, or ["*"]`},
		"of tools of an agent":            {allow("messages", func(a *Allow) { a.Tools = []string{"x"} }), `allow["messages"].tools: target "desk" speaks a2a, which has no tools`},
		"of everything and something":     {allow("transfers", func(a *Allow) { a.Tools = []string{"a", "*"} }), `allow["transfers"].tools[1]: "*" is everything`},
		"of one tool twice":               {allow("transfers", func(a *Allow) { a.Tools = []string{"a", "a"} }), `allow["transfers"].tools[1]: "a" is given twice`},
		"of a tool without a name":        {allow("transfers", func(a *Allow) { a.Tools = []string{""} }), `allow["transfers"].tools[0]: is empty`},
		"of a tool that is not UTF-8":     {allow("transfers", func(a *Allow) { a.Tools = []string{"\xff"} }), `allow["transfers"].tools[0]: "\xff" is not UTF-8`},
		"of an unknown operation":         {allow("users", func(a *Allow) { a.Operations = []string{"getUsers"} }), `allow["users"].operations[0]: "getUsers" is no operation of target "crm": there are getUser`},
		"of an operation by another path": {allow("users", func(a *Allow) { a.Operations = []string{"GET /users"} }), `allow["users"].operations[0]: "GET /users" is no operation`},
		"of a method without a service":   {allow("orders", func(a *Allow) { a.Methods = []string{"Place"} }), `allow["orders"].methods[0]: "Place" is no method`},
		"of a method of another service":  {allow("orders", func(a *Allow) { a.Methods = []string{"shop.v1.Stock/Take"} }), `allow["orders"].methods[0]: "shop.v1.Stock" is no service of target "shop"`},
		"read-only without tools":         {allow("users", func(a *Allow) { a.ReadOnly = true }), `allow["users"].read_only: is about tools`},
		"method that is none":             {allow("users", func(a *Allow) { a.Authentication = []string{"password"} }), `allow["users"].authentication[0]: "password" is none of mtls`},
		"messages to no skill":            {allow("users", func(a *Allow) { a.PartKinds = []string{"text"} }), `allow["users"].part_kinds: is about messages to skills`},
		"kind of part":                    {allow("messages", func(a *Allow) { a.PartKinds = []string{"file"} }), `allow["messages"].part_kinds[0]: "file" is none of text, raw, url, data`},
		"hosts of no part":                {allow("messages", func(a *Allow) { a.PartKinds = []string{"text"} }), `allow["messages"].url_hosts: is about parts that are URLs`},
		"host in capitals":                {allow("messages", func(a *Allow) { a.PushHosts = []string{"Hooks.example.org"} }), `allow["messages"].push_hosts[0]: "Hooks.example.org" has capitals`},

		"arguments of resources":       {allow("transfers", func(a *Allow) { a.Resources = []string{"file:///a"} }), `allow["transfers"].arguments: are not given to resources`},
		"path with an empty name":      {argument("a..b", ArgumentCondition{}), `allow["transfers"].arguments["a..b"]: "a..b" is no path`},
		"member of a number":           {argument("transfer", ArgumentCondition{Min: new(int64(1))}), `allow["transfers"].arguments["transfer.amount"]: "transfer" is said to be a number, which has no members`},
		"two conditions of one":        {argument("a", ArgumentCondition{Like: "x*", Min: new(int64(1))}), `allow["transfers"].arguments["a"]: says several things`},
		"a condition of nothing":       {argument("a", ArgumentCondition{Optional: true}), `allow["transfers"].arguments["a"]: asks for nothing`},
		"a range that holds no number": {argument("a", ArgumentCondition{Min: new(int64(2)), Max: new(int64(1))}), `allow["transfers"].arguments["a"].max: 1 is less than min`},
		"values of two types":          {argument("a", ArgumentCondition{OneOf: []any{"a", int64(1)}}), `allow["transfers"].arguments["a"].one_of[1]: 1 is a number, and others are each a string`},
		"a value twice":                {argument("a", ArgumentCondition{OneOf: []any{"a", "a"}}), `allow["transfers"].arguments["a"].one_of[1]: a is given twice`},
		"a value of no type":           {argument("a", ArgumentCondition{Equals: 1.5}), `allow["transfers"].arguments["a"].equals: 1.5 is no value`},
	} {
		t.Run(name, func(t *testing.T) { expectProblem(t, c.change, c.want) })
	}
}

func TestAnArgumentThatIsOnlyToBeThereIsNoProblem(t *testing.T) {
	g := rightGateway()
	g.Allow["transfers"].Arguments["reason"] = ArgumentCondition{}
	if problems := g.Validate(); len(problems) > 0 {
		t.Error(problems)
	}
}
