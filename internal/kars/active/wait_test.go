package active

import (
	"context"
	"testing"
	"time"
)

// What a wait came to is what the last look saw that was finished: one that was cut off has seen nothing.
func TestALookThatIsCutOffSaysNothing(t *testing.T) {
	for _, test := range []struct {
		name  string
		whole int // looks that are finished
		want  string
	}{
		{"after two others", 2, "the second backend"},
		{"as the first", 0, "an answer (context deadline exceeded)"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			a := &arena{ctx: t.Context()}
			looks := 0
			err := a.within(1500*time.Millisecond, func(ctx context.Context) (bool, string, error) {
				if looks++; looks <= test.whole {
					return false, "the second backend", nil
				}
				<-ctx.Done()
				return false, "an answer (" + ctx.Err().Error() + ")", nil
			})
			if what, late := a.tooLate(err); !late || what != test.want {
				t.Errorf("it waits for %q (%v), and should for %q", what, err, test.want)
			}
		})
	}
}
