package shared_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/agentward/terraform-provider-agent/internal/gateway/shared"
)

func secret(letter string) []byte { return []byte(strings.Repeat(letter, shared.MinSecret)) }

func secrets(letters string) (all [][]byte) {
	for _, letter := range letters {
		all = append(all, secret(string(letter)))
	}
	return all
}

// Each step is a change of the secrets at a time, in seconds; signing says which signs right after it, and later what signs from when on.
func TestASecretThatNewlyComesFirstSignsOnceOthersKnowIt(t *testing.T) {
	type step struct {
		at      int
		secrets string
		signing string
	}
	for name, steps := range map[string][]step{
		"the first at the start":                     {{0, "ab", "a"}},
		"one that is put in front":                   {{0, "a", "a"}, {1, "ba", "a"}, {10, "", "a"}, {11, "", "b"}},
		"one that was behind and is put in front":    {{0, "ab", "a"}, {1, "ba", "a"}, {11, "", "b"}},
		"a change of something else in between":      {{0, "a", "a"}, {1, "ba", "a"}, {6, "ba", "a"}, {11, "", "b"}},
		"one that is added behind in between":        {{0, "a", "a"}, {1, "ba", "a"}, {6, "bac", "a"}, {11, "", "b"}},
		"another that comes first in between":        {{0, "a", "a"}, {1, "ba", "a"}, {6, "cba", "a"}, {11, "", "a"}, {16, "", "c"}},
		"one that is taken back in between":          {{0, "a", "a"}, {1, "ba", "a"}, {6, "ab", "a"}, {20, "", "a"}},
		"one that has come first for a long time":    {{0, "a", "a"}, {1, "ba", "a"}, {60, "ba", "b"}, {61, "b", "b"}},
		"one in the place of all that were there":    {{0, "a", "a"}, {1, "b", "b"}},
		"the old one is dropped before its time":     {{0, "a", "a"}, {1, "ba", "a"}, {2, "b", "b"}},
		"one that is there twice":                    {{0, "aab", "a"}, {1, "bab", "a"}, {11, "", "b"}},
		"the same in another order behind the first": {{0, "abc", "a"}, {1, "acb", "a"}},
	} {
		t.Run(name, func(t *testing.T) {
			start := time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)
			clock := start
			var s *shared.Secrets
			for _, step := range steps {
				clock = start.Add(time.Duration(step.at) * time.Second)
				if step.secrets != "" {
					s = shared.Follow(s, secrets(step.secrets), func() time.Time { return clock })
				}
				derived, err := s.For("test")
				if err != nil {
					t.Fatal(err)
				}
				if got := s.Signing(); !bytes.Equal(got, secret(step.signing)) || s.First() != derived.First() {
					t.Errorf("after %d s %q signs, and %q should", step.at, got[:1], step.signing)
				}
			}
		})
	}
}

func TestSecretsOfOnePurposeAreNoneOfAnother(t *testing.T) {
	s := shared.Of(secrets("ab")...)
	one, err := s.For("one")
	if err != nil {
		t.Fatal(err)
	}
	other, err := s.For("other")
	if err != nil {
		t.Fatal(err)
	}
	again, err := shared.Of(secrets("ab")...).For("one")
	if err != nil {
		t.Fatal(err)
	}
	for i := range one.All() {
		if !bytes.Equal(one.All()[i], again.All()[i]) {
			t.Errorf("secret %d is another in another replica", i)
		}
		if bytes.Equal(one.All()[i], other.All()[i]) || bytes.Equal(one.All()[i], s.All()[i]) {
			t.Errorf("secret %d is that of another purpose", i)
		}
	}
}

func TestSecretsAreChecked(t *testing.T) {
	var none *shared.Secrets
	for name, s := range map[string]*shared.Secrets{"nil": none, "none": shared.Of(), "a short one": shared.Of(secret("a"), secret("b")[1:])} {
		if s.Check() == nil {
			t.Errorf("%s passes", name)
		}
	}
	if err := shared.Of(secrets("ab")...).Check(); err != nil {
		t.Error(err)
	}
}
