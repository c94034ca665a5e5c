package permit_test

import (
	"math"

	"github.com/agentward/terraform-provider-agent/internal/spec"
)

func argumentVerdicts() map[string]verdicts {
	with := func(conditions map[string]spec.ArgumentCondition) spec.Allow {
		return spec.Allow{Agents: []string{billing}, Tools: []string{"pay"}, Arguments: conditions}
	}
	calls := func(arguments ...string) map[string]asked {
		all := map[string]asked{}
		for _, a := range arguments {
			all[a] = of(billing, tool("pay", a))
		}
		return all
	}
	type conditions = map[string]spec.ArgumentCondition
	return map[string]verdicts{
		"a number in bounds": {
			"mcp", with(conditions{"amount": {Min: new(int64(-1)), Max: new(int64(100))}}),
			calls(`{"amount":100}`, `{"amount":-1}`, `{"amount":1e2}`, `{"amount":50.0,"note":"x"}`),
			calls(`{"amount":101}`, `{"amount":-2}`, `{"amount":"100"}`, `{"amount":99.5}`, `{"amount":null}`, `{"amount":[1]}`, `{"Amount":5}`, `{}`),
		},
		"a nested number": {
			"mcp", with(conditions{"transfer.amount": {Max: new(int64(100))}}),
			calls(`{"transfer":{"amount":100}}`, `{"transfer":{"amount":1,"to":"x"},"amount":500}`),
			calls(`{"transfer":{"amount":101}}`, `{"transfer":{}}`, `{"transfer":100}`, `{"amount":1}`, `{"transfer.amount":1}`, `{"transfer":{"amount":1,"AMOUNT":500}}`),
		},
		"bounds as far as they go": {
			"mcp", with(conditions{"n": {Min: new(int64(math.MinInt64)), Max: new(int64(math.MaxInt64))}}),
			calls(`{"n":9223372036854775807}`, `{"n":-9223372036854775808}`),
			calls(`{"n":9223372036854775808}`),
		},
		"a string": {
			"mcp", with(conditions{"to": {Equals: `al"ice\*`}}),
			calls(`{"to":"al\"ice\\*"}`), calls(`{"to":"al\"ice\\x"}`, `{"to":"alice"}`, `{"to":["al\"ice\\*"]}`),
		},
		"a boolean": {
			"mcp", with(conditions{"dry": {Equals: true}, "force": {Equals: false}}),
			calls(`{"dry":true,"force":false}`), calls(`{"dry":false,"force":false}`, `{"dry":true,"force":true}`, `{"dry":true}`, `{"dry":"true","force":false}`),
		},
		"a number": {"mcp", with(conditions{"n": {Equals: int64(-7)}}), calls(`{"n":-7}`, `{"n":-7.0}`), calls(`{"n":7}`, `{"n":"-7"}`)},
		"one of strings": {
			"mcp", with(conditions{"currency": {OneOf: []any{"EUR", "CHF"}}}),
			calls(`{"currency":"CHF"}`), calls(`{"currency":"chf"}`, `{"currency":"USD"}`, `{"currency":["CHF"]}`, `{}`),
		},
		"one of numbers": {"mcp", with(conditions{"n": {OneOf: []any{int64(-1), int64(2)}}}), calls(`{"n":-1}`, `{"n":2}`), calls(`{"n":1}`, `{"n":"2"}`)},
		"the one of one": {"mcp", with(conditions{"n": {OneOf: []any{"x"}}}), calls(`{"n":"x"}`), calls(`{"n":"y"}`)},
		"a pattern": {
			"mcp", with(conditions{"to": {Like: `*@"ex\ample".org`}}),
			calls(`{"to":"a@\"ex\\ample\".org"}`, `{"to":"@\"ex\\ample\".org"}`), calls(`{"to":"a@example.org"}`, `{"to":"a@\"ex\\ample\".org."}`, `{"to":5}`),
		},
		"something": {"mcp", with(conditions{"reason": {}}), calls(`{"reason":"x"}`, `{"reason":5}`, `{"reason":{}}`), calls(`{}`, `{"reason":null}`)},
		"what may be absent": {
			"mcp", with(conditions{"limit": {Max: new(int64(10)), Optional: true}, "page.size": {Max: new(int64(10)), Optional: true}}),
			calls(`{}`, `{"limit":10}`, `{"limit":null}`, `{"page":{}}`, `{"page":{"size":1}}`),
			calls(`{"limit":11}`, `{"limit":"1"}`, `{"page":{"size":11}}`, `{"page":7}`, `{"limit":1,"page":{"size":11}}`),
		},
		"names that are no words": {
			"mcp", with(conditions{"x-y.in.so\"me": {Equals: "v"}, "__cedar": {Like: "*"}}),
			calls(`{"x-y":{"in":{"so\"me":"v"}},"__cedar":""}`), calls(`{"x-y":{"in":{"so\"me":"w"}},"__cedar":""}`, `{"x-y":{"in":{}},"__cedar":""}`, `{"x-y":{"in":{"so\"me":"v"}}}`),
		},
	}
}
