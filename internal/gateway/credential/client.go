package credential

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/json"

	"github.com/agentward/terraform-provider-agent/internal/gateway/reread"
)

// Method is how a client authenticates at a token endpoint, named as in RFC 8414's token_endpoint_auth_methods_supported but short.
type Method string

// The methods.
const (
	Basic         Method = "basic"           // client_secret_basic (RFC 6749 §2.3.1)
	Post          Method = "post"            // client_secret_post
	PrivateKeyJWT Method = "private_key_jwt" // RFC 7523
	TLS           Method = "tls"             // tls_client_auth and self_signed_tls_client_auth (RFC 8705): the connection's certificate
)

// assertionLife is how long a client assertion holds.
const assertionLife = time.Minute

// Client is what the gateway is at an authorization server.
type Client struct {
	ID     string
	Method Method
	Secret Secret // for Basic and Post
	// Key and KeyID sign assertions for PrivateKeyJWT, and Audience is whom they are for.
	Key      *reread.File[crypto.Signer]
	KeyID    string
	Audience string
	Now      func() time.Time
}

// authenticate adds what says who asks.
func (c *Client) authenticate(h http.Header, form url.Values) error {
	switch c.Method {
	case Basic:
		secret, err := c.Secret()
		if err != nil {
			return err
		}
		h.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(url.QueryEscape(c.ID)+":"+url.QueryEscape(secret))))
		return nil
	case Post:
		secret, err := c.Secret()
		if err != nil {
			return err
		}
		form.Set("client_id", c.ID)
		form.Set("client_secret", secret)
		return nil
	case PrivateKeyJWT:
		assertion, err := c.assertion()
		if err != nil {
			return err
		}
		form.Set("client_id", c.ID)
		form.Set("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
		form.Set("client_assertion", assertion)
		return nil
	case TLS:
		form.Set("client_id", c.ID)
		return nil
	}
	return fmt.Errorf("method %q is not known", c.Method)
}

// assertion is a JWT by which the client authenticates (RFC 7523 §3).
func (c *Client) assertion() (string, error) {
	key, err := c.Key.Get()
	if err != nil {
		return "", err
	}
	algorithm, err := algorithmOf(key)
	if err != nil {
		return "", err
	}
	options := (&jose.SignerOptions{}).WithType("JWT")
	if c.KeyID != "" {
		options = options.WithHeader("kid", c.KeyID)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: algorithm, Key: key}, options)
	if err != nil {
		return "", err
	}
	now := c.Now()
	claims, err := json.Marshal(map[string]any{
		"iss": c.ID, "sub": c.ID, "aud": c.Audience, "jti": rand.Text(), "iat": now.Unix(), "exp": now.Add(assertionLife).Unix(),
	})
	if err != nil {
		return "", err
	}
	signed, err := signer.Sign(claims)
	if err != nil {
		return "", err
	}
	return signed.CompactSerialize()
}

func algorithmOf(key crypto.Signer) (jose.SignatureAlgorithm, error) {
	switch k := key.(type) {
	case *ecdsa.PrivateKey:
		switch k.Curve {
		case elliptic.P256():
			return jose.ES256, nil
		case elliptic.P384():
			return jose.ES384, nil
		case elliptic.P521():
			return jose.ES512, nil
		}
	case ed25519.PrivateKey:
		return jose.EdDSA, nil
	case *rsa.PrivateKey:
		if k.N.BitLen() >= 2048 {
			return jose.RS256, nil
		}
		return "", errors.New("an RSA key has at least 2048 bits")
	}
	return "", fmt.Errorf("a key of type %T is not one that assertions are signed with", key)
}

// Key makes a signing key of its text in PEM: PKCS #8, PKCS #1, or SEC 1.
func Key(texts [][]byte) (crypto.Signer, error) {
	block, _ := pem.Decode(texts[0])
	if block == nil {
		return nil, errors.New("no key in PEM is in it")
	}
	var key any
	var err error
	switch block.Type {
	case "RSA PRIVATE KEY":
		key, err = x509.ParsePKCS1PrivateKey(block.Bytes)
	case "EC PRIVATE KEY":
		key, err = x509.ParseECPrivateKey(block.Bytes)
	default:
		key, err = x509.ParsePKCS8PrivateKey(block.Bytes)
	}
	if err != nil {
		return nil, errors.New("the key cannot be read: it has to be PKCS #8, PKCS #1 or SEC 1, without a passphrase")
	}
	signer, ok := key.(crypto.Signer)
	if !ok {
		return nil, fmt.Errorf("a key of type %T signs nothing", key)
	}
	_, err = algorithmOf(signer)
	return signer, err
}
