// Package compact reads signed tokens in JWS compact serialization (RFC 7515 §7.1) strictly: one reading, or none. Members that
// appear twice, names in another case, bytes that are not UTF-8, padded or loosely ended base64 and critical extensions are refused.
package compact

import (
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/json"
)

// Header is what the protected header of a token says.
type Header struct {
	Algorithm string `json:"alg"`
	// Type is typ as it was written; see IsType.
	Type  string `json:"typ"`
	KeyID string `json:"kid"`
	// JWK is the key that the token brings along, nil for none.
	JWK json.RawMessage `json:"jwk"`
	// Critical names extensions that must be understood. None are.
	Critical json.RawMessage `json:"crit"`
}

// JWS is a token whose signature has not been verified yet.
type JWS struct {
	Header             Header
	raw                string
	payload, signature []byte
}

// Parse reads a token of at most limit bytes whose signature algorithm is one of algorithms. It verifies nothing.
func Parse(raw string, limit int, algorithms []jose.SignatureAlgorithm) (*JWS, error) {
	if len(raw) > limit {
		return nil, fmt.Errorf("token is longer than %d bytes", limit)
	}
	parts := strings.Split(raw, ".")
	if len(parts) != 3 || slices.Contains(parts, "") {
		return nil, errors.New("token is not three parts in base64url")
	}
	header, err := part(parts[0])
	if err != nil {
		return nil, fmt.Errorf("header: %w", err)
	}
	j := &JWS{raw: raw}
	if err := decode(header, &j.Header); err != nil {
		return nil, fmt.Errorf("header: %w", err)
	}
	if j.payload, err = part(parts[1]); err != nil {
		return nil, fmt.Errorf("payload: %w", err)
	}
	if j.signature, err = part(parts[2]); err != nil {
		return nil, fmt.Errorf("signature: %w", err)
	}
	if j.Header.Critical != nil {
		return nil, errors.New("header: critical extensions are not understood")
	}
	if !slices.Contains(algorithms, jose.SignatureAlgorithm(j.Header.Algorithm)) {
		return nil, fmt.Errorf("header: algorithm %.20q is not allowed", j.Header.Algorithm)
	}
	return j, nil
}

// IsType says whether the header's typ is one of types. As RFC 7515 §4.1.9 has it, case does not matter and "application/" may lead it.
func (h Header) IsType(types ...string) bool {
	got := strings.ToLower(h.Type)
	return slices.ContainsFunc(types, func(want string) bool {
		want = strings.ToLower(want)
		return got == want || got == "application/"+want
	})
}

// Unverified reads the payload into a value, before the signature was verified: for choosing a key, and for nothing else.
func (j *JWS) Unverified(v any) error {
	return decode(j.payload, v)
}

// Verify checks the signature with a public key of the algorithm's own kind, and reads the payload into a value.
func (j *JWS) Verify(key any, v any) error {
	algorithm := jose.SignatureAlgorithm(j.Header.Algorithm)
	if err := Fits(algorithm, key); err != nil {
		return err
	}
	if !verified(algorithm, key, []byte(j.raw[:strings.LastIndexByte(j.raw, '.')]), j.signature) {
		return errors.New("signature does not verify")
	}
	return decode(j.payload, v)
}

// part decodes one part; unlike encoding/base64 it takes neither line breaks nor bits that say nothing.
func part(s string) ([]byte, error) {
	if strings.ContainsAny(s, "\r\n") {
		return nil, errors.New("line break in base64url")
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(s)
	if err != nil {
		return nil, errors.New("not base64url")
	}
	return b, nil
}

// decode reads one JSON object. go-jose's decoder knows no case folding and refuses members that appear twice.
func decode(b []byte, v any) error {
	if !utf8.Valid(b) {
		return errors.New("not UTF-8")
	}
	if trimmed := strings.TrimLeft(string(b), " \t\r\n"); !strings.HasPrefix(trimmed, "{") {
		return errors.New("not a JSON object")
	}
	if err := json.Unmarshal(b, v); err != nil {
		return fmt.Errorf("not the JSON that is expected: %w", err)
	}
	return nil
}
