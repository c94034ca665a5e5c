package policy

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/cedar-policy/cedar-go"
	"github.com/cedar-policy/cedar-go/types"
	"github.com/cedar-policy/cedar-go/x/exp/ast"
	"github.com/cedar-policy/cedar-go/x/exp/schema/resolved"
	"github.com/cedar-policy/cedar-go/x/exp/schema/validate"
)

// Source is text that holds policies.
type Source struct {
	// Name is the file's name, for errors.
	Name string
	Text []byte
	// Line is the line of the file that Text begins on, 1 for a file of its own. 0 is taken for 1.
	Line int
}

// Problem is a policy that cannot be loaded.
type Problem struct {
	File         string
	Line, Column int    // both from 1
	Policy       string // the policy's id, "" where it could not be read
	Message      string
}

// Error implements error.
func (p *Problem) Error() string {
	return fmt.Sprintf("%s:%d:%d: %s", p.File, p.Line, p.Column, p.Message)
}

// Problems gives those that an error of New holds, in order.
func Problems(err error) []*Problem {
	var joined interface{ Unwrap() []error }
	if errors.As(err, &joined) {
		var found []*Problem
		for _, e := range joined.Unwrap() {
			found = append(found, Problems(e)...)
		}
		return found
	}
	var one *Problem
	if errors.As(err, &one) {
		return []*Problem{one}
	}
	return nil
}

// compiled is one policy, ready to decide with.
type compiled struct {
	id     string
	place  uint32
	policy *cedar.Policy
	ast    *ast.Policy
	reason string // annotation @reason
	audit  bool   // annotation @mode("audit")
	reads  reads

	file         string
	line, column int
}

// at is where the policy begins: file:line:column.
func (c *compiled) at() string { return fmt.Sprintf("%s:%d:%d", c.file, c.line, c.column) }

func (c *compiled) audits() bool { return c.audit }

// load parses and validates all policies of the sources. The error joins a Problem for everything that is wrong.
func load(sources []Source) ([]*compiled, error) {
	var all []*compiled
	var problems []error
	seen := map[string]bool{}
	strict := validate.New(published(), validate.WithStrict())
	for _, source := range sources {
		list, err := cedar.NewPolicyListFromBytes(source.Name, source.Text)
		if err != nil {
			problems = append(problems, source.unparsed(err))
			continue
		}
		for i, policy := range list {
			c := &compiled{id: "policy" + strconv.Itoa(len(all)), place: uint32(len(all)), policy: policy, ast: (*ast.Policy)(policy.AST())} //nolint:gosec // a set of four billion policies does not fit memory
			end := len(source.Text)
			if i+1 < len(list) {
				end = list[i+1].Position().Offset
			}
			at := place{source: source, text: source.Text[policy.Position().Offset:end], position: policy.Position()}
			c.file, c.line, c.column = source.Name, source.line(policy.Position().Line), policy.Position().Column
			all = append(all, c)
			for _, message := range c.check(strict) {
				problems = append(problems, at.problem(c.id, message))
			}
			if seen[c.id] {
				problems = append(problems, at.problem(c.id, fmt.Sprintf("there is another policy with the id `%s`: give each policy an @id of its own", c.id)))
			}
			seen[c.id] = true
		}
	}
	return all, errors.Join(problems...)
}

// check fills in what follows from the policy's text, and says what is wrong with it.
func (c *compiled) check(strict *validate.Validator) []string {
	var wrong []string
	for _, a := range c.ast.Annotations {
		switch a.Key {
		case "id":
			c.id = string(a.Value)
			if c.id == "" {
				wrong = append(wrong, "@id is empty")
			}
		case "reason":
			c.reason = string(a.Value)
		case "mode":
			c.audit = a.Value == "audit"
			if a.Value != "audit" && a.Value != "enforce" {
				wrong = append(wrong, fmt.Sprintf("@mode(%q) is neither \"enforce\" nor \"audit\"", a.Value))
			}
		}
	}
	found, err := infer(c.ast)
	if err != nil {
		return append(wrong, err.Error())
	}
	c.reads = found
	if found.arguments != nil || found.claims != nil {
		strict = validate.New(found.schema(), validate.WithStrict())
	}
	return append(wrong, messages(strict.Policy("", c.ast))...)
}

// schema is the published one with the open types filled in as the policy uses them.
func (r reads) schema() *resolved.Schema {
	s := *published()
	s.Actions = maps.Clone(s.Actions)
	for uid, action := range s.Actions {
		if action.AppliesTo == nil {
			continue
		}
		applies := *action.AppliesTo
		applies.Context = maps.Clone(applies.Context)
		if r.arguments != nil {
			applies.Context["arguments"] = resolved.Attribute{Type: r.arguments.resolved()}
		}
		if token, ok := applies.Context["token"].Type.(resolved.RecordType); ok && r.claims != nil {
			token = maps.Clone(token)
			token["claims"] = resolved.Attribute{Type: r.claims.resolved()}
			applies.Context["token"] = resolved.Attribute{Type: token, Optional: true}
		}
		action.AppliesTo = &applies
		s.Actions[uid] = action
	}
	return &s
}

// inAction is how the validator says which of many actions an attribute is missing for: one word of it is enough.
var inAction = regexp.MustCompile(` for Action::"[^"]*"`)

// noAction follows from an unknown name in the scope, and says nothing beyond it.
const noAction = "unable to find an applicable action given the policy scope constraints"

// messages are those of an error that may join several, sorted and each once.
func messages(err error) []string {
	if err == nil {
		return nil
	}
	found := strings.Split(inAction.ReplaceAllString(err.Error(), ""), "\n")
	slices.Sort(found)
	found = slices.Compact(found)
	if len(found) > 1 {
		found = slices.DeleteFunc(found, func(m string) bool { return m == noAction })
	}
	return found
}

// parseError is the form of cedar-go's errors, which have no fields for the position.
var parseError = regexp.MustCompile(`parse error at .*?:?(\d+):(\d+) (".*?": .*)$`)

// wanted is cedar-go's word for one token where there has to be another.
var wanted = regexp.MustCompile(`: exact got (.*) want (.*)$`)

func (s *Source) unparsed(err error) *Problem {
	p := &Problem{File: s.Name, Line: s.line(1), Column: 1, Message: err.Error()}
	if m := parseError.FindStringSubmatch(err.Error()); m != nil {
		line, _ := strconv.Atoi(m[1])
		column, _ := strconv.Atoi(m[2])
		p.Message = "at " + m[3]
		if w := wanted.FindStringSubmatch(m[3]); w != nil && w[1] == "" {
			p.Message = fmt.Sprintf("the text ends where `%s` is wanted", w[2])
		} else if w != nil {
			p.Message = fmt.Sprintf("`%s` stands where `%s` is wanted", w[1], w[2])
			line, column = before(string(s.Text), line, column, w[1])
		}
		p.Line, p.Column = s.line(line), column
	}
	return p
}

func (s *Source) line(n int) int { return max(s.Line, 1) + n - 1 }

// place is where a policy stands in its source.
type place struct {
	source   Source
	text     []byte // from the policy's first byte to the next policy's
	position types.Position
}

// quoted finds the first name that a message of the validator speaks of.
var quoted = regexp.MustCompile("`([^`]+)`|\"([^\"]+)\"")

// problem points at the name that the message speaks of, or at the policy where it is not found: the syntax tree keeps no positions.
func (p place) problem(id, message string) *Problem {
	found := &Problem{
		File: p.source.Name, Line: p.source.line(p.position.Line), Column: p.position.Column, Policy: id,
		Message: fmt.Sprintf("policy `%s`: %s", id, message),
	}
	m := quoted.FindStringSubmatch(message)
	if m == nil {
		return found
	}
	if line, column, ok := locate(p.text, p.position.Line, p.position.Column, m[1]+m[2]); ok {
		found.Line, found.Column = p.source.line(line), column
	}
	return found
}
