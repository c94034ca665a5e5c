package spec

import "testing"

func TestGuardsOfTools(t *testing.T) {
	const method, tool = "destination.agent_registry.mcp_server.method", "destination.agent_registry.mcp_server.tool.name"
	for _, condition := range []string{
		method + " == 'tools' && " + tool + " == 'x'",
		"(" + tool + " == 'x') && ('tools' == " + method + ")",
		"destination.is_registered && (" + method + " in ['tools'] && (" + tool + ".startsWith('x') || " + tool + " == ''))",
		method + " != 'tools' || " + method + " == 'tools' && " + tool + " == 'x'",
		"!(" + method + " == 'tools' && " + tool + " == 'x')",
		method + " != 'tools' || " + tool + " == 'x'",
		"!(" + method + " == 'tools') || destination.is_registered || " + tool + " == 'x'",
	} {
		var v validator
		v.destination([]any{"x"}, condition)
		if len(v.problems) > 0 {
			t.Errorf("%s: %v", condition, v.problems)
		}
	}
}

func TestConditionsOfIAPV1ThatLetSessionsBegin(t *testing.T) {
	for _, condition := range []string{
		"api.getAttribute('iap.googleapis.com/mcp.toolName', '') in ['pay', '']",
		"api.getAttribute('iap.googleapis.com/mcp.tool.isReadOnly', false) == true || api.getAttribute('iap.googleapis.com/mcp.toolName', '') == ''",
		"api.getAttribute('iap.googleapis.com/mcp.toolName', '') != 'delete'",
		"api.getAttribute('iap.googleapis.com/request.auth.type', '') == 'x' && api.getAttribute('iap.googleapis.com/mcp.toolName', '') in ['pay', '']",
		"request.time < timestamp('2030-01-01T00:00:00Z')",
	} {
		var v validator
		v.grantCondition([]any{"x"}, condition)
		if len(v.problems) > 0 {
			t.Errorf("%s: %v", condition, v.problems)
		}
	}
}

// Whatever stands where CEL should, is an answer and no panic.
func FuzzGoogleConditions(f *testing.F) {
	for _, text := range []string{
		"", "destination", "destination.agent_registry.mcp_server.tool.name == 'x'", "!(destination.is_registered) || [1, 2].exists(x, x == destination.a)", "{'a': destination.b}.a",
		"has(destination.unregistered.host)", "api.getAttribute('iap.googleapis.com/mcp.toolName', '') in ['']", "request.path.matches('(')", "cel.bind(x, 1, x)", "1 / 0 == 1", "optional.of(1)",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var v validator
		v.destination([]any{"x"}, text)
		v.grantCondition([]any{"x"}, text)
		v.when([]any{"x"}, text)
	})
}
