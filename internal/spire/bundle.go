package spire

import (
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/spiffe/go-spiffe/v2/bundle/spiffebundle"
	"github.com/spiffe/go-spiffe/v2/spiffeid"
	"github.com/spiffe/spire-api-sdk/proto/spire/api/types"
)

// authorities lists what a bundle trusts, sorted: its X.509 authorities in DER, and its JWT authorities in PKIX with their key
// ids. SPIRE takes no other part of a bundle into account when it verifies an SVID.
func authorities(b *spiffebundle.Bundle) (x509Authorities [][]byte, jwtAuthorities []*types.JWTKey, err error) {
	for _, certificate := range b.X509Authorities() {
		x509Authorities = append(x509Authorities, certificate.Raw)
	}
	slices.SortFunc(x509Authorities, bytes.Compare)
	keys := b.JWTAuthorities()
	for _, id := range slices.Sorted(maps.Keys(keys)) {
		pkix, err := x509.MarshalPKIXPublicKey(keys[id])
		if err != nil {
			return nil, nil, fmt.Errorf("JWT authority %q: %w", id, err)
		}
		jwtAuthorities = append(jwtAuthorities, &types.JWTKey{KeyId: id, PublicKey: pkix})
	}
	return x509Authorities, jwtAuthorities, nil
}

// digest names what a bundle trusts: it is the same for two texts of the same authorities.
func digest(b *spiffebundle.Bundle) (string, error) {
	certificates, keys, err := authorities(b)
	if err != nil {
		return "", err
	}
	hash := sha256.New()
	for _, der := range certificates {
		fmt.Fprintf(hash, "x509 %d ", len(der))
		hash.Write(der)
	}
	for _, key := range keys {
		fmt.Fprintf(hash, "jwt %d %s %d ", len(key.GetKeyId()), key.GetKeyId(), len(key.GetPublicKey()))
		hash.Write(key.GetPublicKey())
	}
	return "sha256:" + hex.EncodeToString(hash.Sum(nil)), nil
}

// covers says whether held trusts every X.509 authority of wanted.
func covers(held, wanted *spiffebundle.Bundle) bool {
	return !slices.ContainsFunc(wanted.X509Authorities(), func(c *x509.Certificate) bool { return !held.HasX509Authority(c) })
}

func bundleToWire(b *spiffebundle.Bundle) (*types.Bundle, error) {
	certificates, keys, err := authorities(b)
	if err != nil {
		return nil, err
	}
	wire := &types.Bundle{TrustDomain: b.TrustDomain().Name(), JwtAuthorities: keys}
	for _, der := range certificates {
		wire.X509Authorities = append(wire.X509Authorities, &types.X509Certificate{Asn1: der})
	}
	if hint, ok := b.RefreshHint(); ok {
		wire.RefreshHint = int64(hint / time.Second)
	}
	wire.SequenceNumber, _ = b.SequenceNumber()
	return wire, nil
}

func bundleFromWire(w *types.Bundle) (*spiffebundle.Bundle, error) {
	td, err := spiffeid.TrustDomainFromString(w.GetTrustDomain())
	if err != nil {
		return nil, fmt.Errorf("bundle of %q: %w", w.GetTrustDomain(), err)
	}
	b := spiffebundle.New(td)
	for _, c := range w.GetX509Authorities() {
		certificates, err := x509.ParseCertificates(c.GetAsn1())
		if err != nil {
			return nil, fmt.Errorf("bundle of %q: %w", td, err)
		}
		for _, certificate := range certificates {
			b.AddX509Authority(certificate)
		}
	}
	for _, key := range w.GetJwtAuthorities() {
		public, err := x509.ParsePKIXPublicKey(key.GetPublicKey())
		if err == nil {
			err = b.AddJWTAuthority(key.GetKeyId(), public)
		}
		if err != nil {
			return nil, fmt.Errorf("bundle of %q: JWT authority %q: %w", td, key.GetKeyId(), err)
		}
	}
	return b, nil
}
