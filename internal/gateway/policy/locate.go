package policy

import (
	"strings"
	"text/scanner"
)

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
