package spec

import (
	"slices"
	"strings"
	"unicode"

	"github.com/agentward/terraform-provider-agent/internal/cel"
	"k8s.io/apimachinery/pkg/util/validation"
)

// AdmissionRuleNames are the names of the typed rules in messages and reports, in the order in which they are checked. No
// custom rule can take one of them.
var AdmissionRuleNames = []string{
	"approval-label", "allowed-registries", "mcp-servers", "spiffe-identity",
	"run-as-non-root", "no-privilege-escalation", "no-privileged", "read-only-root-filesystem", "drop-all-capabilities",
	"added-capabilities", "seccomp-runtime-default", "no-host-namespaces", "no-host-path",
	"runtime-classes", "no-automounted-tokens", "resource-limits", "signed-images",
}

func (v *admissionValidator) customRules(path []any, rules []CustomRule) {
	var names []string
	for i, r := range rules {
		path := at(path, i)
		switch msgs := validation.IsDNS1123Label(r.Name); {
		case len(msgs) > 0:
			v.add(at(path, "name"), "%q cannot name a rule: %s", r.Name, msgs[0])
		case slices.Contains(AdmissionRuleNames, r.Name):
			v.add(at(path, "name"), "%q is the name of a typed rule: choose another", r.Name)
		case slices.Contains(names, r.Name):
			v.add(at(path, "name"), "%q names an earlier rule already", r.Name)
		}
		names = append(names, r.Name)
		if r.Expression == "" {
			v.add(at(path, "expression"), "is empty: give a CEL expression that is true for what may pass")
		} else {
			v.expression(at(path, "expression"), &v.ruleChecker, AdmissionVariables(), r.Expression)
		}
		if strings.ContainsFunc(r.Message, unicode.IsControl) {
			v.add(at(path, "message"), "must be one line: API servers refuse line breaks")
		}
	}
}

func (v *admissionValidator) exceptions() {
	var names []string
	for i, e := range v.policy.Exceptions {
		path := []any{"exceptions", i}
		switch msgs := validation.IsDNS1123Label(e.Name); {
		case len(msgs) > 0:
			v.add(at(path, "name"), "%q cannot name an exception: %s", e.Name, msgs[0])
		case slices.Contains(names, e.Name):
			v.add(at(path, "name"), "%q names an earlier exception already", e.Name)
		}
		names = append(names, e.Name)
		if len(e.Namespaces) == 0 && len(e.Names) == 0 && e.Expression == "" {
			v.add(path, "would let everything through: limit it by namespaces, names or expression")
		}
		for j, ns := range e.Namespaces {
			if msgs := validation.IsDNS1123Label(ns); len(msgs) > 0 {
				v.add(at(path, "namespaces"), "%q cannot name a namespace: %s", ns, msgs[0])
			}
			v.duplicate(at(path, "namespaces"), e.Namespaces, j)
		}
		for j, name := range e.Names {
			v.podName(at(path, "names"), name)
			v.duplicate(at(path, "names"), e.Names, j)
		}
		if e.Expression != "" {
			// Without variables: the match conditions of an ImageValidatingPolicy have none.
			v.expression(at(path, "expression"), &v.exceptionChecker, nil, e.Expression)
		}
	}
}

// podName checks a pod's name, or its beginning and an asterisk.
func (v *admissionValidator) podName(path []any, name string) {
	prefix, isPrefix := strings.CutSuffix(name, "*")
	switch {
	case strings.Contains(prefix, "*"):
		v.add(path, "%q has an asterisk that is not at its end: only \"prefix*\" is understood", name)
	case isPrefix && prefix == "":
		v.add(path, "\"*\" would match every name: leave names out instead")
	case isPrefix:
		// What follows completes the name, so a prefix may end in a dash or a dot.
		if msgs := validation.IsDNS1123Subdomain(prefix + "x"); len(msgs) > 0 {
			v.add(path, "%q matches no pod's name: %s", name, msgs[0])
		}
	default:
		if msgs := validation.IsDNS1123Subdomain(name); len(msgs) > 0 {
			v.add(path, "%q cannot name a pod: %s", name, msgs[0])
		}
	}
}

// expression compiles the text as the policy's engine would. Only API servers offer the authorizer.
func (v *admissionValidator) expression(path []any, checker **cel.Checker, variables []cel.Variable, text string) {
	authorizer := v.policy.Engine == EngineNative
	if *checker == nil {
		var err error
		if *checker, err = cel.NewChecker(authorizer, variables...); err != nil {
			v.add(path, "cannot be checked: %v", err)
			return
		}
	}
	if err := (*checker).Bool(text); err != nil {
		hint := ""
		if !authorizer && strings.Contains(text, "authorizer") {
			hint = "; the authorizer exists in engine \"native\" only"
		}
		v.add(path, "is no valid CEL: %v%s", err, hint)
	}
}
