package active

import (
	"math"
	"strings"
	"testing"

	"github.com/agentward/terraform-provider-agent/internal/kars/inside"
)

func TestARoundSaysWhatIsWrong(t *testing.T) {
	backends := map[string]string{"a": first, "b": second}
	of := func(pairs ...any) map[string]int {
		m := map[string]int{}
		for i := 0; i < len(pairs); i += 2 {
			m[pairs[i].(string)] = pairs[i+1].(int)
		}
		return m
	}
	for _, test := range []struct {
		name              string
		round             round
		answers, failures map[string]int
		want              string // "" for nothing
	}{
		{"a header that is heeded", rounds[0], of("b", 20), nil, ""},
		{"a header that is heeded most of the time", rounds[0], of("a", 1, "b", 19), nil, "1 came to the first backend and 19 to the second"},
		{"a header that is not heeded", rounds[0], of("a", 18, "b", 2), nil, "18 came to the first backend and 2 to the second"},
		{"a weight of none", rounds[1], of("a", 20), nil, ""},
		{"a weight of none that is taken for one", rounds[1], of("a", 10, "b", 10), nil, "10 came to the first backend and 10 to the second"},
		{"weights of nine and one, in turn", rounds[2], of("a", 270, "b", 30), nil, ""},
		{"weights of nine and one, by lot", rounds[2], of("a", 251, "b", 49), nil, ""},
		{"shared out evenly", rounds[2], of("a", 150, "b", 150), nil, "150 came to the first backend and 150 to the second"},
		{"all to the first", rounds[2], of("a", 300), nil, "300 came to the first backend and 0 to the second"},
		{"the other way around", rounds[2], of("a", 30, "b", 270), nil, "30 came to the first backend and 270 to the second"},
		{"one that fails", rounds[2], of("a", 270, "b", 29), of("503 Service Unavailable", 1), "1 failed (503 Service Unavailable)"},
		{"somebody else's answer", rounds[0], of("b", 19, "c", 1), nil, "1 were answered by neither backend"},
		{"an end before its time", rounds[0], of("b", 19), nil, "0 came to the first backend and 19 to the second"},
	} {
		got := test.round.lacks(inside.Tally{Answers: test.answers, Failures: test.failures}, backends)
		if got == "" != (test.want == "") || !strings.Contains(got, test.want) {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}

// A gateway that draws lots with the weights is practically never found to lie, and one that does not heed them is never believed.
func TestTheBoundsOfAFairGatewayAreWide(t *testing.T) {
	// tail is the chance that among so many lots, each with this chance, as many win as counts says.
	tail := func(chance float64, counts func(int) bool) float64 {
		sum := 0.0
		for k := range splitTimes + 1 {
			if counts(k) {
				all, _ := math.Lgamma(splitTimes + 1)
				won, _ := math.Lgamma(float64(k + 1))
				lost, _ := math.Lgamma(float64(splitTimes - k + 1))
				sum += math.Exp(all - won - lost + float64(k)*math.Log(chance) + float64(splitTimes-k)*math.Log(1-chance))
			}
		}
		return sum
	}
	within := func(k int) bool { return k >= splitLeast && k <= splitMost }
	if p := tail(0.1, func(k int) bool { return !within(k) }); p > 1e-9 {
		t.Errorf("a fair gateway fails with a chance of %g", p)
	}
	if p := tail(0.5, within); p > 1e-9 {
		t.Errorf("one that shares out evenly passes with a chance of %g", p)
	}
}
