package reread

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"
)

func TestAFileIsReadAgainWhenItChanges(t *testing.T) {
	path := filepath.Join(t.TempDir(), "secret")
	made := 0
	f := New(func(texts [][]byte) (string, error) {
		made++
		if bytes.Equal(texts[0], []byte("bad!!")) {
			return "", errors.New("not good")
		}
		return string(texts[0]), nil
	}, path)
	if _, err := f.Get(); err == nil {
		t.Error("a file that is not there gives a value")
	}
	for _, step := range []struct{ write, want string }{
		{"one", "one"}, {"three", "three"}, {"bad!!", "three"}, {"recovered", "recovered"}, {"", "recovered"}, {"last", "last"},
	} {
		if step.write == "" {
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
		} else if err := os.WriteFile(path, []byte(step.write), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := f.Get(); err != nil || got != step.want {
			t.Errorf("after %q: got %q, %v", step.write, got, err)
		}
	}
	before := made
	if _, err := f.Get(); err != nil || made != before {
		t.Errorf("a file that did not change is read again: %v", err)
	}
}

func TestAFileThatIsTooLargeIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(path, make([]byte, maxSize+1), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := New(func([][]byte) (bool, error) { return true, nil }, path).Get(); err == nil {
		t.Error("it is taken")
	}
}
