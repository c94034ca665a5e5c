package policy

import (
	"strings"
	"text/scanner"
)

// before finds a token that ends before a place, the last of its kind; it gives the place itself where there is none. cedar-go says where
// it stands, which is behind the token that it complains of.
func before(text string, line, column int, token string) (foundLine, foundColumn int) {
	rest := []rune(text)
	at := 0
	for l := 1; l < line && at < len(rest); at++ {
		if rest[at] == '\n' {
			l++
		}
	}
	head := string(rest[:min(at+column-1, len(rest))])
	found := strings.LastIndex(head, token)
	if found < 0 {
		return line, column
	}
	head = head[:found]
	return strings.Count(head, "\n") + 1, len([]rune(head[strings.LastIndex(head, "\n")+1:])) + 1
}

// locate finds where a policy's text names something: an attribute by its path, an entity, a type. line and column are those of the
// text's first character.
func locate(text []byte, line, column int, name string) (foundLine, foundColumn int, ok bool) {
	// Of a path the last part is what is wrong with it; of an entity, its identifier is as good.
	if i := strings.LastIndex(name, "."); i >= 0 {
		name = name[i+1:]
	}
	name = strings.Trim(name[strings.LastIndex(name, "::")+1:], ":\"")
	var s scanner.Scanner
	s.Init(strings.NewReader(string(text)))
	s.Mode = scanner.ScanIdents | scanner.ScanStrings | scanner.ScanComments | scanner.SkipComments | scanner.ScanInts
	s.Error = func(*scanner.Scanner, string) {}
	for token := s.Scan(); token != scanner.EOF; token = s.Scan() {
		if strings.Trim(s.TokenText(), `"`) != name {
			continue
		}
		foundLine, foundColumn = line+s.Position.Line-1, s.Position.Column
		if s.Position.Line == 1 {
			foundColumn += column - 1
		}
		return foundLine, foundColumn, true
	}
	return 0, 0, false
}
