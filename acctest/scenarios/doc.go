// Package scenarios holds the attacks that have to fail on a real cluster, each with a control that succeeds. `make testacc` runs its tests.
package scenarios
