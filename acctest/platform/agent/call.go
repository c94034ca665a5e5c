package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/agentward/terraform-provider-agent/acctest/platform/probe"
	"github.com/agentward/terraform-provider-agent/internal/gateway/dpop"
)

const (
	// callTimeout bounds a call, unless said otherwise.
	callTimeout = 30 * time.Second
	// maxAnswer is how much of an answer is told, in bytes.
	maxAnswer = 64 << 10
)

// makeCall makes a request. Where the gateway wants a nonce in the proof, and nothing is wrong with the proof by intention, it is made again.
func makeCall(ctx context.Context, c probe.Call) (*probe.Answer, error) {
	if c.Timeout == 0 {
		c.Timeout = callTimeout
	}
	ctx, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	connections := &http.Transport{}
	if !c.Anonymous || c.Gateway != "" {
		me, end, err := who(ctx, c.Identity)
		if err != nil {
			return nil, err
		}
		defer end()
		if connections, err = transport(me, c.Gateway, c.Anonymous); err != nil {
			return nil, err
		}
	}
	defer connections.CloseIdleConnections()
	a, err := attempt(ctx, connections, c, "")
	if err != nil {
		return nil, err
	}
	if nonce := a.Header.Get(dpop.NonceHeader); nonce != "" && a.Status == http.StatusUnauthorized && c.Proof == nil {
		return attempt(ctx, connections, c, nonce)
	}
	return a, nil
}

func attempt(ctx context.Context, connections http.RoundTripper, c probe.Call, nonce string) (*probe.Answer, error) {
	r, err := http.NewRequestWithContext(ctx, c.Method, c.URL, strings.NewReader(c.Body))
	if err != nil {
		return nil, err
	}
	for name, value := range c.Header {
		r.Header.Set(name, value)
	}
	a := &probe.Answer{}
	if c.Access != nil {
		if a.Proof, err = proof(c, nonce); err != nil {
			return nil, fmt.Errorf("make a proof: %w", err)
		}
		r.Header.Set("Authorization", c.Access.Scheme+" "+c.Access.Token)
		if a.Proof != "" {
			r.Header.Set(dpop.Header, a.Proof)
		}
	}
	response, err := connections.RoundTrip(r) // a redirect is an answer
	if err != nil {
		a.Error = err.Error()
		return a, nil
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		a.Error = err.Error()
	}
	a.Status, a.Header, a.Body = response.StatusCode, response.Header, string(text)
	return a, nil
}

// proof gives the proof for a call, with what is wrong with it by intention; "" for none.
func proof(c probe.Call, nonce string) (string, error) {
	wrong := probe.Proof{}
	if c.Proof != nil {
		wrong = *c.Proof
	}
	switch {
	case wrong.None:
		return "", nil
	case wrong.Raw != "":
		return wrong.Raw, nil
	}
	s, err := signer(c.Access.Key)
	if wrong.OtherKey {
		key, keyErr := dpop.NewKey()
		if keyErr != nil {
			return "", keyErr
		}
		s, err = dpop.NewSigner(key, time.Now)
	}
	if err != nil {
		return "", err
	}
	method, url := c.Method, c.URL
	if wrong.Method != "" {
		method = wrong.Method
	}
	if wrong.URL != "" {
		url = wrong.URL
	}
	url, _, _ = strings.Cut(url, "?")
	return s.Proof(method, url, c.Access.Token, nonce)
}

func connect(ctx context.Context, c probe.Connection) (*probe.Connected, error) {
	d := net.Dialer{Timeout: c.Timeout}
	connection, err := d.DialContext(ctx, "tcp", c.Address)
	if err != nil {
		return &probe.Connected{Error: err.Error()}, nil //nolint:nilerr // it is the answer
	}
	return &probe.Connected{Connected: true}, connection.Close()
}
