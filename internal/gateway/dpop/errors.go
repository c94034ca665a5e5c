package dpop

import "fmt"

// Code is the OAuth error code that a refused proof is answered with.
type Code string

// The codes, with the place that defines them.
const (
	InvalidProof Code = "invalid_dpop_proof" // RFC 9449 §5, §7.1
	UseNonce     Code = "use_dpop_nonce"     // RFC 9449 §8, §9
	InvalidToken Code = "invalid_token"      // RFC 6750 §3.1: the token is not bound to the key of the proof
	Unavailable  Code = "temporarily_unavailable"
)

// Error says why a proof was refused. It never holds the proof or the token.
type Error struct {
	Code Code
	// Reason is for a person. It may be sent to the caller.
	Reason string
	// Err is what the gateway itself failed at, nil for a fault of the proof. It is not for the caller.
	Err error
}

// Error gives the code and the reason.
func (e *Error) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("%s: %s: %v", e.Code, e.Reason, e.Err)
	}
	return string(e.Code) + ": " + e.Reason
}

// Unwrap gives what the gateway itself failed at.
func (e *Error) Unwrap() error { return e.Err }

func refuse(code Code, format string, args ...any) error {
	return &Error{Code: code, Reason: fmt.Sprintf(format, args...)}
}
