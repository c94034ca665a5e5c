package policy

import (
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"github.com/cedar-policy/cedar-go/types"

	"github.com/agentward/terraform-provider-agent/internal/gateway/jsonscan"
)

// unreadable is a value that a policy reads and that Cedar cannot hold as the policy uses it. It never quotes the value.
type unreadable struct {
	path []string // innermost first
	why  string
	// clash says that policies use the value differently, whatever it is.
	clash bool
}

// Error implements error.
func (u *unreadable) Error() string {
	var path strings.Builder
	for i, name := range slices.Backward(u.path) {
		if i < len(u.path)-1 && name != element {
			path.WriteByte('.')
		}
		path.WriteString(name)
	}
	return path.String() + " cannot be decided on: " + u.why
}

// element stands for the elements of a set in a path.
const element = "[]"

// below says where the value is that an error speaks of.
func below(name string, err error) error {
	var u *unreadable
	if errors.As(err, &u) {
		u.path = append(u.path, name)
	}
	return err
}

// object converts those members of a JSON object that some shape names, so that what no policy reads costs nothing and refuses nothing.
func object(text []byte, wants []*shape, name string) (types.Record, error) {
	if len(wants) == 0 || len(text) == 0 {
		return types.Record{}, nil
	}
	v, err := jsonscan.Validate(text, jsonscan.Limits{Size: len(text), Depth: jsonscan.MaxDepth})
	switch {
	case err != nil:
		return types.Record{}, below(name, &unreadable{why: err.Error()})
	case v.Kind() == jsonscan.Null:
		return types.Record{}, nil
	case v.Kind() != jsonscan.Object:
		return types.Record{}, below(name, &unreadable{why: "it is not a JSON object"})
	}
	record, err := members(v, wants)
	return record, below(name, err)
}

// members converts the members of an object. A null member is absent. A member that only resembles one that a policy names is refused:
// whoever reads the same bytes and ignores letter case takes it for that one.
func members(from jsonscan.Value, wants []*shape) (types.Record, error) {
	var record types.RecordMap
	for key, v := range from.Members() {
		name, _ := key.Text()
		shapes, wanted := named(wants, name)
		if resembled := resembles(wants, name); resembled != "" {
			return types.Record{}, below(resembled, &unreadable{why: "the call has a member whose name differs from it in letter case only"})
		}
		if !wanted || v.Kind() == jsonscan.Null {
			continue
		}
		converted, err := convert(v, shapes)
		if err != nil {
			return types.Record{}, below(name, err)
		}
		if record == nil {
			record = types.RecordMap{}
		}
		record[types.String(name)] = converted
	}
	return types.NewRecord(record), nil
}

// resembles gives the member that a policy names and that a reader who ignores letter case would take this one for, "" for none.
func resembles(wants []*shape, name string) string {
	for _, s := range wants {
		for member := range s.members {
			// A folded letter takes at most three bytes where the other takes one.
			if len(name) <= 3*len(member) && len(member) <= 3*len(name) && name != member && jsonscan.Folds(name, member) {
				return member
			}
		}
	}
	return ""
}

// named gives the shapes of a member, and whether anything reads it.
func named(wants []*shape, name string) (shapes []*shape, wanted bool) {
	for _, s := range wants {
		if s.whole {
			wanted = true
		}
		if m, ok := s.members[name]; ok {
			shapes, wanted = append(shapes, m), true
		}
	}
	if wanted && len(shapes) == 0 {
		shapes = []*shape{{whole: true}}
	}
	return shapes, wanted
}

// convert gives the Cedar value of a JSON value, as the policies that read it use it.
func convert(v jsonscan.Value, wants []*shape) (types.Value, error) {
	want, err := agreed(wants)
	if err != nil {
		return nil, err
	}
	switch v.Kind() {
	case jsonscan.String:
		s, _ := v.Text()
		return text(s, want)
	case jsonscan.Bool:
		return types.Boolean(string(v.Raw) == "true"), expect(want, boolKind)
	case jsonscan.NumberKind:
		return number(string(v.Raw), want)
	case jsonscan.Array:
		return list(v, wants, want)
	case jsonscan.Object:
		if err := expect(want, recordKind); err != nil {
			return nil, err
		}
		return members(v, wants)
	}
	return nil, &unreadable{why: "null has no type"}
}

// agreed gives the one kind that all policies at hand use a value as.
func agreed(wants []*shape) (kind, error) {
	want := unknownKind
	for _, s := range wants {
		switch {
		case s.kind == unknownKind || s.kind == want:
		case want == unknownKind:
			want = s.kind
		default:
			return want, &unreadable{why: fmt.Sprintf("one policy uses it as %s and another as %s", want, s.kind), clash: true}
		}
	}
	return want, nil
}

func expect(want, got kind) error {
	if want != unknownKind && want != got {
		return &unreadable{why: fmt.Sprintf("a policy uses it as %s and it is %s", want, got)}
	}
	return nil
}

// text converts a string, which also writes addresses and times.
func text(s string, want kind) (types.Value, error) {
	var v types.Value
	var err error
	switch want {
	case ipKind:
		v, err = types.ParseIPAddr(s)
	case datetimeKind:
		v, err = types.ParseDatetime(s)
	case durationKind:
		v, err = types.ParseDuration(s)
	default:
		return types.String(s), expect(want, stringKind)
	}
	if err != nil {
		return nil, &unreadable{why: fmt.Sprintf("a policy uses it as %s and it is none", want)}
	}
	return v, nil
}

func list(from jsonscan.Value, wants []*shape, want kind) (types.Value, error) {
	if err := expect(want, setKind); err != nil {
		return nil, err
	}
	var shapes []*shape
	for _, s := range wants {
		if s.element != nil {
			shapes = append(shapes, s.element)
		}
	}
	if len(shapes) == 0 {
		shapes = []*shape{{whole: true}}
	}
	var set []types.Value
	for e := range from.Elements() {
		v, err := convert(e, shapes)
		if err != nil {
			return nil, below(element, err)
		}
		set = append(set, v)
	}
	return types.NewSet(set...), nil
}

func tooBig() error {
	return &unreadable{why: "the number does not fit 64 bits with at most four digits after the point"}
}

// digits bounds the text of a number that is worth reading: longer ones have more digits than a Long or a decimal.
const digits = 64

// number converts a JSON number by its value: 5, 5.0 and 50e-1 are the same.
func number(s string, want kind) (types.Value, error) {
	if want != decimalKind {
		if n, err := strconv.ParseInt(s, 10, 64); err == nil {
			return types.Long(n), expect(want, longKind)
		}
	}
	if len(s) > digits || hugeExponent(s) {
		return nil, tooBig()
	}
	r, ok := new(big.Rat).SetString(s)
	if !ok {
		return nil, &unreadable{why: "it is not a number"}
	}
	if r.IsInt() && want != decimalKind {
		if !r.Num().IsInt64() {
			return nil, tooBig()
		}
		return types.Long(r.Num().Int64()), expect(want, longKind)
	}
	scaled := r.Mul(r, big.NewRat(10000, 1))
	if !scaled.IsInt() || !scaled.Num().IsInt64() {
		return nil, tooBig()
	}
	if err := expect(want, decimalKind); err != nil {
		return nil, err
	}
	d, err := types.NewDecimal(scaled.Num().Int64(), -4)
	if err != nil {
		return nil, tooBig()
	}
	return d, nil
}

// hugeExponent says that the exponent has more than two digits, which could make a short text a number of a billion digits.
func hugeExponent(s string) bool {
	i := strings.IndexAny(s, "eE")
	return i >= 0 && len(strings.TrimLeft(s[i+1:], "+-0")) > 2
}
