package rpc

import (
	"fmt"
	"math"
	"strconv"
	"time"
)

// units of a Timeout (Requests), from the smallest.
var units = []struct {
	name byte
	is   time.Duration
}{
	{'n', time.Nanosecond}, {'u', time.Microsecond}, {'m', time.Millisecond}, {'S', time.Second}, {'M', time.Minute}, {'H', time.Hour},
}

// digits is how many a Timeout may have.
const digits = 8

// ParseTimeout reads the value of Grpc-Timeout. What is longer than a time.Duration can hold is the longest one.
func ParseTimeout(s string) (time.Duration, error) {
	if len(s) < 2 || len(s) > digits+1 {
		return 0, fmt.Errorf("%q is no timeout: it is one to eight digits and a unit, such as \"10S\"", s)
	}
	for i := range len(s) - 1 {
		if s[i] < '0' || s[i] > '9' {
			return 0, fmt.Errorf("%q is no timeout: %q is no digit", s, s[i])
		}
	}
	n, err := strconv.ParseInt(s[:len(s)-1], 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%q is no timeout: %w", s, err)
	}
	for _, u := range units {
		if u.name != s[len(s)-1] {
			continue
		}
		if n > math.MaxInt64/int64(u.is) {
			return math.MaxInt64, nil
		}
		return time.Duration(n) * u.is, nil
	}
	return 0, fmt.Errorf("%q is no timeout: the unit is one of H, M, S, m, u and n", s)
}

// FormatTimeout writes a timeout in the smallest unit that holds it, rounded up. What has passed is one nanosecond.
func FormatTimeout(d time.Duration) string {
	d = max(d, 1)
	for _, u := range units {
		n := int64(d / u.is)
		if d%u.is > 0 {
			n++
		}
		if n < 100_000_000 {
			return strconv.FormatInt(n, 10) + string(u.name)
		}
	}
	return "99999999H"
}
