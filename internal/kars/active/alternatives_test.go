package active

import (
	"errors"
	"testing"

	"github.com/agentward/terraform-provider-agent/internal/kars"
)

func TestOneThatWorksIsEnough(t *testing.T) {
	gives := func(status kars.Status, reason string) probe {
		return func(*arena) (kars.Finding, error) { return kars.Finding{Status: status, Reason: reason}, nil }
	}
	broken := errors.New("nobody could look")
	fails := func(err error) probe { return func(*arena) (kars.Finding, error) { return kars.Finding{}, err } }
	works, lies, tells := gives(kars.Verified, "A works."), gives(kars.NotDetected, "B lies."), gives(kars.Unknown, "C does not tell.")
	for _, test := range []struct {
		name   string
		tries  []probe
		status kars.Status
		reason string
		err    error
	}{
		{"the first that works", []probe{fails(errNoProbe), lies, fails(broken), works}, kars.Verified, "A works.", nil},
		{"none that is there", []probe{fails(errNoProbe), fails(errNoProbe)}, "", "", errNoProbe},
		{"none that works", []probe{lies, fails(errNoProbe), lies}, kars.NotDetected, "B lies. B lies.", nil},
		{"one of which nobody knows", []probe{tells, lies}, kars.Unknown, "C does not tell. B lies.", nil},
		{"one that could not be tried", []probe{lies, fails(broken)}, "", "", broken},
	} {
		finding, err := anyOf(test.tries...)(&arena{client: &client{options: Options{}.defaulted()}, run: t.Context()})
		if finding.Status != test.status || finding.Reason != test.reason || !errors.Is(err, test.err) {
			t.Errorf("%s: %q %q %v", test.name, finding.Status, finding.Reason, err)
		}
	}
}
