package gcp

import (
	"encoding/json"
	"math/big"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// equal says whether live says all that ours says: the fields of ours are there with equal values. What else is there is not ours, but in
// closed fields.
func (l lens) equal(path string, live, ours any) bool {
	switch want := ours.(type) {
	case map[string]any:
		have, ok := live.(map[string]any)
		if !ok {
			return false
		}
		for name, value := range want {
			below := join(path, name)
			got, there := have[name]
			switch {
			case l.unseen(below), !there && l.zero(below, value):
			case !there || !l.equal(below, got, value):
				return false
			}
		}
		return len(l.added(path, have, want)) == 0
	case []any:
		have, ok := live.([]any)
		if !ok || len(have) != len(want) {
			return false
		}
		if slices.Contains(l.kind.unordered, path) {
			return l.equalSets(path, have, want)
		}
		for i := range want {
			if !l.equal(path, have[i], want[i]) {
				return false
			}
		}
		return true
	}
	return l.equalScalars(live, ours)
}

// closed says that all that is in a field is ours.
func (l lens) closed(path string) bool {
	return slices.ContainsFunc(l.kind.closed, func(field string) bool { return path == field || strings.HasPrefix(path, field+".") })
}

// added gives what live has, beside the fields of ours, in closed fields: what somebody else has set there, not the server.
func (l lens) added(path string, live, ours map[string]any) map[string]any {
	added := map[string]any{}
	for name, value := range live {
		below := join(path, name)
		if _, known := ours[name]; known || !l.closed(below) || slices.Contains(l.kind.outputOnly, below) || l.unseen(below) || l.zero(below, value) {
			continue
		}
		added[name] = l.settable(below, value)
	}
	return added
}

func (l lens) equalSets(path string, live, ours []any) bool {
	left := slices.Clone(live)
	for _, want := range ours {
		i := slices.IndexFunc(left, func(have any) bool { return l.equal(path, have, want) })
		if i < 0 {
			return false
		}
		left = slices.Delete(left, i, i+1)
	}
	return true
}

func (l lens) equalScalars(live, ours any) bool {
	have, isText := live.(string)
	want, wantsText := ours.(string)
	if isText && wantsText {
		return have == want || sameDuration(have, want) || l.same(have, want)
	}
	if a, ok := number(live); ok {
		if b, ok := number(ours); ok {
			return a.Cmp(b) == 0
		}
		return false
	}
	return live == ours && !composite(live)
}

func composite(v any) bool {
	switch v.(type) {
	case map[string]any, []any:
		return true
	}
	return false
}

// number reads a number, or the text of a whole one, which is how JSON has Google's 64-bit integers.
func number(v any) (*big.Float, bool) {
	var text string
	switch n := v.(type) {
	case int:
		text = strconv.Itoa(n)
	case int64:
		text = strconv.FormatInt(n, 10)
	case float64:
		text = strconv.FormatFloat(n, 'g', -1, 64)
	case json.Number:
		text = n.String()
	case string:
		if !wholeNumber.MatchString(n) {
			return nil, false
		}
		text = n
	default:
		return nil, false
	}
	f, _, err := big.ParseFloat(text, 10, 128, big.ToNearestEven)
	return f, err == nil
}

var wholeNumber = regexp.MustCompile(`^-?[0-9]{1,20}$`)

func zero(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case bool:
		return !v
	case string:
		return v == "" || strings.HasSuffix(v, "_UNSPECIFIED")
	case []any:
		return len(v) == 0
	case map[string]any:
		for _, inner := range v {
			if !zero(inner) {
				return false
			}
		}
		return true
	}
	n, ok := number(v)
	return ok && n.Sign() == 0
}

// duration is how JSON has a google.protobuf.Duration. Google writes it with as many digits as it likes.
var duration = regexp.MustCompile(`^-?[0-9]{1,12}(\.[0-9]{1,9})?s$`)

func sameDuration(a, b string) bool {
	if !duration.MatchString(a) || !duration.MatchString(b) {
		return false
	}
	x, err := time.ParseDuration(a)
	if err != nil {
		return false
	}
	y, err := time.ParseDuration(b)
	return err == nil && x == y
}

// fullName is what stands before a resource's name in a full resource name or in an address: "//service/" or
// "https://service/v1/".
var fullName = regexp.MustCompile(`^(?:https?:)?//[^/]+/(?:[a-z]+/)?(?:v[0-9][a-z0-9]*/)?((?:projects|folders|organizations)/.+)$`)

// sameText says whether two strings name one resource: in full or not, by the id of its project or by the number.
func (c *Client) sameText(live, ours string) bool {
	return c.byNumber(relative(live), relative(ours)) || c.byNumber(relative(ours), relative(live))
}

func relative(name string) string {
	if found := fullName.FindStringSubmatch(name); found != nil {
		return found[1]
	}
	return name
}

var (
	projectName    = regexp.MustCompile(`^projects/([^/]+)((?:/.*)?)$`)
	projectByDigit = regexp.MustCompile(`^[0-9]+$`)
)

// byNumber says whether a and b are equal, or would be if b's project id were a's project number. Of the provider's own project both
// are known; of others a number is taken for that of whatever id.
func (c *Client) byNumber(a, b string) bool {
	if a == b {
		return true
	}
	x, y := projectName.FindStringSubmatch(a), projectName.FindStringSubmatch(b)
	if x == nil || y == nil || x[2] != y[2] || !projectByDigit.MatchString(x[1]) || projectByDigit.MatchString(y[1]) {
		return false
	}
	own := c.config.Project
	if own.ID == "" || own.Number == "" {
		return true
	}
	return (own.Number == x[1]) == (own.ID == y[1])
}
