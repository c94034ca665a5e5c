package cluster

import (
	"context"
	"errors"
	"testing"
	"time"
)

func TestUntilLooksAgainWhateverALookCameTo(t *testing.T) {
	looks := 0
	err := Until(t.Context(), func(context.Context) error {
		if looks++; looks < 3 {
			return errors.New("nobody answers")
		}
		return nil
	})
	if err != nil || looks != 3 {
		t.Errorf("after %d looks: %v", looks, err)
	}
}

// What a wait came to is what the last look saw that was finished.
func TestUntilSaysWhatIsWrong(t *testing.T) {
	for name, c := range map[string]struct {
		whole int // looks that are finished
		want  string
	}{
		"after a look that was finished": {1, "two pods are missing"},
		"where the first is cut off":     {0, "cut off"},
	} {
		t.Run(name, func(t *testing.T) {
			looks := 0
			ctx, cancel := context.WithTimeoutCause(t.Context(), time.Second, errors.New("not within a second"))
			defer cancel()
			err := Until(ctx, func(ctx context.Context) error {
				if looks++; looks <= c.whole {
					return errors.New("two pods are missing")
				}
				<-ctx.Done()
				return errors.New("cut off")
			})
			if err == nil || err.Error() != "not within a second: "+c.want {
				t.Errorf("it says %v, and should say %s", err, c.want)
			}
		})
	}
}

func TestCleaningUpHasAContextThatIsNotOver(t *testing.T) {
	t.Run("a test", func(t *testing.T) {
		t.Cleanup(func() {
			if t.Context().Err() == nil || During(t).Err() != nil {
				t.Errorf("the test's context says %v, and that for cleaning up %v", t.Context().Err(), During(t).Err())
			}
		})
		if During(t) != t.Context() {
			t.Error("a test that is not over has another context than its own")
		}
	})
}
