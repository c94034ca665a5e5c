package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// head is what a message's header says of how it goes on.
type head struct {
	chunked, close bool
}

// readHead reads the header of a request or an answer, of peers that are trusted to write it plainly.
func readHead(r *bufio.Reader) (first string, h head, length int, err error) {
	line, err := r.ReadSlice('\n')
	if err != nil {
		return "", h, 0, err
	}
	first = string(bytes.TrimSpace(line))
	for {
		line, err := r.ReadSlice('\n')
		if err != nil {
			return "", h, 0, err
		}
		line = bytes.TrimSpace(line)
		if len(line) == 0 {
			return first, h, length, nil
		}
		name, value, _ := bytes.Cut(line, []byte(":"))
		value = bytes.TrimSpace(value)
		switch {
		case bytes.EqualFold(name, []byte("Content-Length")):
			if length, err = strconv.Atoi(string(value)); err != nil {
				return "", h, 0, err
			}
		case bytes.EqualFold(name, []byte("Transfer-Encoding")):
			h.chunked = bytes.EqualFold(value, []byte("chunked"))
		case bytes.EqualFold(name, []byte("Connection")):
			h.close = bytes.EqualFold(value, []byte("close"))
		}
	}
}

// readAnswer reads a whole answer and gives the bytes of its body. One of another status than 200 is an error that quotes it.
func readAnswer(r *bufio.Reader) (int, error) {
	first, h, length, err := readHead(r)
	if err != nil {
		return 0, err
	}
	_, status, _ := strings.Cut(first, " ")
	if !strings.HasPrefix(status, "200") {
		text, _ := r.Peek(min(length, 300))
		return 0, fmt.Errorf("%s %s", first, text)
	}
	if !h.chunked {
		return r.Discard(length)
	}
	sum := 0
	for {
		line, err := r.ReadSlice('\n')
		if err != nil {
			return 0, err
		}
		size, err := strconv.ParseInt(string(bytes.TrimSpace(line)), 16, 32)
		if err != nil {
			return 0, err
		}
		if _, err := r.Discard(int(size) + 2); err != nil {
			return 0, err
		}
		if size == 0 {
			if h.close {
				return sum, errors.New("the hop closes the connection")
			}
			return sum, nil
		}
		sum += int(size)
	}
}
