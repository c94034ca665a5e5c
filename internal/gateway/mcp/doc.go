// Package mcp understands the Model Context Protocol over Streamable HTTP in the revisions 2025-03-26, 2025-06-18, 2025-11-25
// and the stateless 2026-07-28: what an agent asks a server for, what a server asks of the agent, and what its lists show.
//
// Everything is taken from bodies, which are read by jsonscan. Headers that mirror a body are compared with it and never
// believed. The bytes that were read are those to pass on.
package mcp

import "slices"

// The revisions of the protocol.
const (
	Version20250326 = "2025-03-26"
	Version20250618 = "2025-06-18"
	Version20251125 = "2025-11-25"
	Version20260728 = "2026-07-28"
)

// version20241105 is the revision before Streamable HTTP.
const version20241105 = "2024-11-05"

// Versions are the revisions understood here, oldest first.
func Versions() []string {
	return []string{Version20250326, Version20250618, Version20251125, Version20260728}
}

// assumed is the revision of a request that names none (2025-06-18, "Protocol Version Header").
const assumed = Version20250326

// stateless says that a revision has neither sessions nor streams of their own: 2026-07-28 and, should there be any, later ones.
func stateless(version string) bool { return version >= Version20260728 }

// batches says that a revision allows JSON-RPC batches, which only one ever did.
func batches(version string) bool { return version == Version20250326 }

func known(version string) bool { return slices.Contains(Versions(), version) }
