package config

import (
	"errors"
	"slices"

	"github.com/agentward/terraform-provider-agent/internal/gateway/shared"
	"github.com/agentward/terraform-provider-agent/internal/gateway/written"
)

// shared reads the files of the secrets that replicas share, to see that they can be used.
func (r *reading) shared(f *written.File) {
	for _, pattern := range f.Secrets {
		found, err := r.matching(pattern)
		switch later := errors.Is(err, ErrLater); {
		case later:
		case err != nil:
			r.wrong(f.SecretsAt, r.start(), "Not a pattern of files", "%q: %v. Use one such as \"keys/*\".", pattern, err)
		case len(found) == 0:
			r.wrong(f.SecretsAt, r.start(), "No such secret", "No file matches %q. Make one with: head -c 32 /dev/urandom > FILE", r.within(pattern))
		}
		for _, file := range found {
			if slices.Contains(r.SecretFiles, file) {
				continue
			}
			r.sharedSecret(file, shared.MinSecret, f.SecretsAt, r.start())
			r.SecretFiles = append(r.SecretFiles, file)
		}
	}
	if f.Secrets != nil && len(f.Secrets) == 0 {
		r.wrong(f.SecretsAt, r.start(), "No secret is shared", "Name files, or leave secret_files out for secrets of this process alone.")
	}
}
