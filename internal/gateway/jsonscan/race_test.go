//go:build race

package jsonscan

// The race detector makes a sync.Pool forget at random.
func init() { poolForgets = true }
