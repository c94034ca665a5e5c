package spec

import (
	"slices"
	"strings"
	"sync"
	"unicode"

	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/agentward/terraform-provider-agent/internal/cel"
)

// AdmissionRuleNames are the names of the typed rules in messages and reports, in the order in which they are checked. No
// custom rule can take one of them.
var AdmissionRuleNames = []string{
	"approval-label", SidecarRule, "allowed-registries", "mcp-servers", "spiffe-identity",
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
			v.expression(at(path, "expression"), func(c checkers) *cel.Checker { return c.rules }, r.Expression)
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
			v.expression(at(path, "expression"), func(c checkers) *cel.Checker { return c.exceptions }, e.Expression)
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

// checkers compile expressions as an engine would. They are made once, when the first expression needs them.
type checkers struct {
	rules      *cel.Checker
	exceptions *cel.Checker // without variables: the match conditions of an ImageValidatingPolicy have none
}

// Only API servers offer the authorizer.
var (
	checkersOfNative = sync.OnceValues(func() (checkers, error) { return newCheckers(true) })
	checkersOfOthers = sync.OnceValues(func() (checkers, error) { return newCheckers(false) })
)

func newCheckers(authorizer bool) (c checkers, err error) {
	if c.rules, err = cel.NewChecker(authorizer, AdmissionVariables()...); err != nil {
		return checkers{}, err
	}
	c.exceptions, err = cel.NewChecker(authorizer)
	return c, err
}

func (v *admissionValidator) expression(path []any, choose func(checkers) *cel.Checker, text string) {
	of, hint := checkersOfNative, ""
	if v.policy.Engine != EngineNative {
		of = checkersOfOthers
		if strings.Contains(text, "authorizer") {
			hint = "; the authorizer exists in engine \"native\" only"
		}
	}
	c, err := of()
	if err != nil {
		v.add(path, "cannot be checked: %v", err)
		return
	}
	if err := choose(c).Bool(text); err != nil {
		v.add(path, "is no valid CEL: %v%s", err, hint)
	}
}
