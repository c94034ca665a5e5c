package main

import (
	"context"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/agentward/terraform-provider-agent/internal/gateway/devauthority"
)

// peerPrefix begins the name of a variable that names a peer: BENCH_PEER_<NAME>.
const peerPrefix = "BENCH_PEER_"

// peersOf gives the peers of an environment, by name: the command that starts each, or the URL of one that runs.
func peersOf(environment []string) map[string]string {
	peers := map[string]string{}
	for _, e := range environment {
		name, value, _ := strings.Cut(e, "=")
		if peer, ok := strings.CutPrefix(name, peerPrefix); ok && peer != "" && value != "" {
			peers[strings.ToLower(peer)] = value
		}
	}
	return peers
}

// startPeers starts what the environment names. A command serves TLS if it asks for {certificate}, and plain HTTP otherwise; it is asked for
// /mcp. Of a peer that a URL names nothing is known but its answers.
func (b *bench) startPeers(ctx context.Context) error {
	peers := peersOf(os.Environ())
	for _, name := range slices.Sorted(maps.Keys(peers)) {
		if !b.wanted(name) {
			continue
		}
		h, err := b.peer(ctx, name, peers[name])
		if err != nil {
			return fmt.Errorf("%s%s: %w", peerPrefix, strings.ToUpper(name), err)
		}
		b.hops = append(b.hops, h)
	}
	return nil
}

func (b *bench) peer(ctx context.Context, name, value string) (*hop, error) {
	if strings.HasPrefix(value, "http://") || strings.HasPrefix(value, "https://") {
		address, path, secure, err := at(value)
		h := &hop{Name: name, address: address, path: path}
		if secure {
			h.tls = b.client
		}
		return h, err
	}
	address, err := freeAddress()
	if err != nil {
		return nil, err
	}
	line := strings.NewReplacer("{listen}", address, "{upstream}", b.upstream(), "{certificate}", b.file(devauthority.CertificateFile),
		"{key}", b.file(devauthority.KeyFile), "{bundle}", b.file(devauthority.BundleFile)).Replace(value)
	p, err := b.begin(ctx, name, address, nil, "sh", "-c", "exec "+line)
	if err != nil {
		return nil, err
	}
	h := &hop{Name: name, process: p, address: address, path: "/mcp"}
	if strings.Contains(value, "{certificate}") {
		h.tls = b.client
	}
	return h, nil
}
