package token

import (
	"crypto"
	"crypto/sha256"
	"sync"

	"github.com/go-jose/go-jose/v4"
)

// maxOpened is how many tokens are remembered; of more, some are verified each time.
const maxOpened = 4096

// opened are tokens whose signature was verified, by their hash. An agent sends the same token with each request, and to verify a signature
// takes longer than everything else that a token is checked for. What depends on the time, the resource or the configuration is judged each
// time, and so is whether the issuer still has the key.
type opened struct {
	mu   sync.Mutex
	seen map[[sha256.Size]byte]*verified
}

// verified is what a token says, and the key that it was verified with. It is not changed.
type verified struct {
	issuer, keyID, algorithm string
	key                      any
	claims                   *claims
	rest                     map[string]any
}

func (o *opened) get(raw string) *verified {
	key := sha256.Sum256([]byte(raw))
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.seen[key]
}

func (o *opened) put(raw string, v *verified) {
	key := sha256.Sum256([]byte(raw))
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.seen == nil {
		o.seen = map[[sha256.Size]byte]*verified{}
	}
	for other := range o.seen { // whichever comes first: those in use come back
		if len(o.seen) < maxOpened {
			break
		}
		delete(o.seen, other)
	}
	o.seen[key] = v
}

// same says whether a token was verified with a key that is the issuer's now.
func (v *verified) same(key *jose.JSONWebKey) bool {
	k, ok := key.Key.(interface{ Equal(crypto.PublicKey) bool })
	return ok && k.Equal(v.key) && (key.Algorithm == "" || key.Algorithm == v.algorithm)
}
