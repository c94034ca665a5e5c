package compact

import (
	"errors"
	"strconv"
	"time"
)

// lastSecond is the end of year 9999. A later time is a mistake, or an attempt to overflow a sum.
const lastSecond = 253402300799

// Date is a NumericDate (RFC 7519 §2), cut to the second.
type Date int64

// NewDate gives the date of a time.
func NewDate(t time.Time) Date { return Date(t.Unix()) }

// Time gives the time of a date.
func (d Date) Time() time.Time { return time.Unix(int64(d), 0) }

// UnmarshalJSON reads a number of seconds since 1970, with or without a fraction, up to the year 9999.
func (d *Date) UnmarshalJSON(b []byte) error {
	f, err := strconv.ParseFloat(string(b), 64)
	if err != nil || f < 0 || f > lastSecond {
		return errors.New("not a time in seconds")
	}
	*d = Date(f)
	return nil
}
