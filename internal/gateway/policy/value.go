package policy

import (
	"errors"
	"fmt"
	"math/big"
	"strconv"
	"strings"

	"github.com/cedar-policy/cedar-go/types"

	"github.com/agentward/terraform-provider-agent/internal/gateway/jsonscan"
)

// errUnreadable is a value that a policy reads and that Cedar cannot hold as the policy uses it. It never quotes the value.
var errUnreadable = errors.New("cannot be decided on")

func unreadable(path, why string) error {
	return fmt.Errorf("%s %w: %s", path, errUnreadable, why)
}

// object converts those members of a JSON object that some shape names, so that what no policy reads costs nothing and refuses nothing.
func object(text []byte, wants []*shape, path string) (types.Record, error) {
	if len(wants) == 0 || len(text) == 0 {
		return types.Record{}, nil
	}
	v, err := jsonscan.Validate(text, jsonscan.Limits{Size: len(text), Depth: jsonscan.MaxDepth})
	switch {
	case err != nil:
		return types.Record{}, unreadable(path, err.Error())
	case v.Kind() == jsonscan.Null:
		return types.Record{}, nil
	case v.Kind() != jsonscan.Object:
		return types.Record{}, unreadable(path, "it is not a JSON object")
	}
	return members(v, wants, path)
}

// members converts the members of an object. A null member is absent.
func members(from jsonscan.Value, wants []*shape, path string) (types.Record, error) {
	record := types.RecordMap{}
	for key, v := range from.Members() {
		name, _ := key.Text()
		below, wanted := named(wants, name)
		if !wanted || v.Kind() == jsonscan.Null {
			continue
		}
		converted, err := convert(v, below, path+"."+name)
		if err != nil {
			return types.Record{}, err
		}
		record[types.String(name)] = converted
	}
	return types.NewRecord(record), nil
}

// named gives the shapes of a member, and whether anything reads it.
func named(wants []*shape, name string) (below []*shape, wanted bool) {
	for _, s := range wants {
		if s.whole {
			wanted = true
		}
		if m, ok := s.members[name]; ok {
			below, wanted = append(below, m), true
		}
	}
	if wanted && len(below) == 0 {
		below = []*shape{{whole: true}}
	}
	return below, wanted
}

// convert gives the Cedar value of a JSON value, as the policies that read it use it.
func convert(v jsonscan.Value, wants []*shape, path string) (types.Value, error) {
	want, err := agreed(wants, path)
	if err != nil {
		return nil, err
	}
	switch v.Kind() {
	case jsonscan.String:
		s, _ := v.Text()
		return text(s, want, path)
	case jsonscan.Bool:
		return types.Boolean(string(v.Raw) == "true"), expect(want, boolKind, path)
	case jsonscan.NumberKind:
		return number(string(v.Raw), want, path)
	case jsonscan.Array:
		return list(v, wants, want, path)
	case jsonscan.Object:
		if err := expect(want, recordKind, path); err != nil {
			return nil, err
		}
		return members(v, wants, path)
	}
	return nil, unreadable(path, "null has no type")
}

// agreed gives the one kind that all policies at hand use a value as.
func agreed(wants []*shape, path string) (kind, error) {
	want := unknownKind
	for _, s := range wants {
		switch {
		case s.kind == unknownKind || s.kind == want:
		case want == unknownKind:
			want = s.kind
		default:
			return want, unreadable(path, fmt.Sprintf("one policy uses it as %s and another as %s", want, s.kind))
		}
	}
	return want, nil
}

func expect(want, got kind, path string) error {
	if want != unknownKind && want != got {
		return unreadable(path, fmt.Sprintf("a policy uses it as %s and it is %s", want, got))
	}
	return nil
}

// text converts a string, which also writes addresses and times.
func text(s string, want kind, path string) (types.Value, error) {
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
		return types.String(s), expect(want, stringKind, path)
	}
	if err != nil {
		return nil, unreadable(path, fmt.Sprintf("a policy uses it as %s and it is none", want))
	}
	return v, nil
}

func list(from jsonscan.Value, wants []*shape, want kind, path string) (types.Value, error) {
	if err := expect(want, setKind, path); err != nil {
		return nil, err
	}
	var below []*shape
	for _, s := range wants {
		if s.element != nil {
			below = append(below, s.element)
		}
	}
	if len(below) == 0 {
		below = []*shape{{whole: true}}
	}
	var set []types.Value
	for e := range from.Elements() {
		v, err := convert(e, below, path+"[]")
		if err != nil {
			return nil, err
		}
		set = append(set, v)
	}
	return types.NewSet(set...), nil
}

func tooBig(path string) error {
	return unreadable(path, "the number does not fit 64 bits with at most four digits after the point")
}

// digits bounds the text of a number that is worth reading: longer ones have more digits than a Long or a decimal.
const digits = 64

// number converts a JSON number by its value: 5, 5.0 and 50e-1 are the same.
func number(s string, want kind, path string) (types.Value, error) {
	if want != decimalKind {
		if n, err := strconv.ParseInt(s, 10, 64); err == nil {
			return types.Long(n), expect(want, longKind, path)
		}
	}
	if len(s) > digits || hugeExponent(s) {
		return nil, tooBig(path)
	}
	r, ok := new(big.Rat).SetString(s)
	if !ok {
		return nil, unreadable(path, "it is not a number")
	}
	if r.IsInt() && want != decimalKind {
		if !r.Num().IsInt64() {
			return nil, tooBig(path)
		}
		return types.Long(r.Num().Int64()), expect(want, longKind, path)
	}
	scaled := r.Mul(r, big.NewRat(10000, 1))
	if !scaled.IsInt() || !scaled.Num().IsInt64() {
		return nil, tooBig(path)
	}
	if err := expect(want, decimalKind, path); err != nil {
		return nil, err
	}
	d, err := types.NewDecimal(scaled.Num().Int64(), -4)
	if err != nil {
		return nil, tooBig(path)
	}
	return d, nil
}

// hugeExponent says that the exponent has more than two digits, which could make a short text a number of a billion digits.
func hugeExponent(s string) bool {
	i := strings.IndexAny(s, "eE")
	return i >= 0 && len(strings.TrimLeft(s[i+1:], "+-0")) > 2
}
