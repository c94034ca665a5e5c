package store

import (
	"strconv"
	"time"
)

// Rate is a bucket of tokens: it holds Burst at most, and gets PerSecond new ones each second.
type Rate struct{ PerSecond, Burst int64 }

// The virtual scheduling of ITU-T I.371 (GCRA) needs one number for a bucket: when it would be full again. A bucket that is full needs
// none, so idle ones can be forgotten.

// token is how long one token takes to come.
func (r Rate) token() time.Duration { return time.Second / time.Duration(r.PerSecond) }

// of names the bucket of a key and a rate.
func (r Rate) of(key string) string {
	return strconv.FormatInt(r.PerSecond, 36) + "/" + strconv.FormatInt(r.Burst, 36) + "/" + key
}

// take gives when a bucket would be full after n tokens were taken, and how long those are not there yet. Times are since any one moment.
func (r Rate) take(full, now time.Duration, n int64) (time.Duration, time.Duration) {
	after := max(full, now) + time.Duration(n)*r.token()
	if missing := after - time.Duration(r.Burst)*r.token() - now; missing > 0 {
		return full, missing
	}
	return after, 0
}
