// Package kars knows the requirements of CNCF Kubernetes AI Conformance (KARs), and holds what probes found out of them about a
// cluster: which a cluster meets, which it does not, and which nobody can tell from where the probes stand.
package kars

// Level is how binding a checklist makes a requirement.
type Level string

// The levels of the checklists. What is proposed has none.
const (
	Must   Level = "MUST"
	Should Level = "SHOULD"
)

// Status is what is known of a requirement. None of them is the word "Implemented": that a vendor alone can say.
type Status string

// The vocabulary of a report.
const (
	// Verified says that an active probe saw it work.
	Verified Status = "verified"
	// Detected says that the API server's objects speak for it.
	Detected Status = "detected"
	// NotDetected says that a probe looked and that it is not there, or does not work.
	NotDetected Status = "not_detected"
	// Unknown says that the cluster does not tell: it takes hardware, traffic or permissions that the probe does not have.
	Unknown Status = "unknown"
	// NotApplicable says that the condition of the requirement is not given.
	NotApplicable Status = "not_applicable"
)

// Statuses lists the vocabulary, the best first.
var Statuses = []Status{Verified, Detected, NotApplicable, Unknown, NotDetected}

// Mode is how a probe learns.
type Mode string

// The modes.
const (
	// Passive probes read, and nothing else.
	Passive Mode = "passive"
	// Active probes make objects in a namespace of their own and watch what becomes of them.
	Active Mode = "active"
)
