package credential

import (
	"context"
	"errors"
	"strings"

	"github.com/agentward/terraform-provider-agent/internal/gateway/principal"
	"github.com/agentward/terraform-provider-agent/internal/gateway/reread"
)

// Secret gives a secret as it is now.
type Secret func() (string, error)

// errSecret says what is wrong with a secret, not what it is.
var errSecret = errors.New("the secret is empty, or holds bytes that are not visible ASCII")

// File is a secret in a file, without white space around it. A file that changes is read again.
func File(path string) Secret {
	f := reread.New(func(texts [][]byte) (string, error) { return check(string(texts[0])) }, path)
	return f.Get
}

// Fixed is a secret that stays as it is, such as one of the environment.
func Fixed(text string) Secret {
	secret, err := check(text)
	return func() (string, error) { return secret, err }
}

func check(text string) (string, error) {
	if text = strings.TrimSpace(text); !printable(text) {
		return "", errSecret
	}
	return text, nil
}

// Static is a secret that is shown as it is.
type Static struct {
	Name   string // of the header
	Prefix string // "Bearer ", or "" for none
	Secret Secret
}

// Header implements Source.
func (s *Static) Header() string { return s.Name }

// Value implements Source.
func (s *Static) Value(context.Context, principal.Principal) (string, error) {
	secret, err := s.Secret()
	if err != nil {
		return "", err
	}
	return s.Prefix + secret, nil
}

// Refused implements Source: a file may have changed in between.
func (s *Static) Refused(_ principal.Principal, value string) bool {
	secret, err := s.Secret()
	return err == nil && s.Prefix+secret != value
}
