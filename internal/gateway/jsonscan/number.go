package jsonscan

import (
	"strconv"
	"unsafe"
)

func (s *scanner) number() error {
	start := s.at
	if s.doc[s.at] == '-' {
		s.at++
	}
	if s.at < len(s.doc) && s.doc[s.at] == '0' {
		s.at++
	} else if s.digits() == 0 {
		return s.unexpected()
	}
	exponent := false
	if s.at < len(s.doc) && s.doc[s.at] == '.' {
		s.at++
		if s.digits() == 0 {
			return s.unexpected()
		}
	}
	if s.at < len(s.doc) && s.doc[s.at]|0x20 == 'e' {
		exponent = true
		s.at++
		if s.at < len(s.doc) && (s.doc[s.at] == '+' || s.doc[s.at] == '-') {
			s.at++
		}
		if s.digits() == 0 {
			return s.unexpected()
		}
	}
	size := s.at - start
	if size > maxNumber {
		return s.fail(Number, start)
	}
	// 300 digits without an exponent stay below the largest float64.
	if exponent || size > 300 {
		literal := s.doc[start:s.at]
		if _, err := strconv.ParseFloat(unsafe.String(&literal[0], size), 64); err != nil {
			return s.fail(Number, start)
		}
	}
	return nil
}

func (s *scanner) digits() int {
	start := s.at
	for s.at < len(s.doc) && '0' <= s.doc[s.at] && s.doc[s.at] <= '9' {
		s.at++
	}
	return s.at - start
}
