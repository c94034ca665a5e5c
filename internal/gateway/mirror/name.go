package mirror

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path"
	"regexp"
	"strings"
)

// A copy is in a folder beside its link, "..<link>.<object>.<random>": no key and no folder of a list begins with two dots. The name says of
// which object it is, so that a folder that was given to another object is not taken for a copy of that.
const (
	objectDigits = 12
	randomDigits = 8
)

var ending = regexp.MustCompile(fmt.Sprintf(`^[0-9a-f]{%d}\.[0-9a-f]{%d}$`, objectDigits, randomDigits))

// generation names a new folder for a copy of an object.
func generation(o Object) string {
	var random [randomDigits / 2]byte
	_, _ = rand.Read(random[:]) // it does not fail
	return prefix(o) + identity(o) + "." + hex.EncodeToString(random[:])
}

func prefix(o Object) string { return ".." + path.Base(o.Directory) + "." }

// identity tells objects apart.
func identity(o Object) string {
	sum := sha256.Sum256([]byte(o.String()))
	return hex.EncodeToString(sum[:])[:objectDigits]
}

// madeIn says that a name is one of a copy in the folder of an object, be it of that object or not.
func madeIn(o Object, name string) bool {
	rest, ok := strings.CutPrefix(name, prefix(o))
	return ok && ending.MatchString(rest)
}

// madeFor says that a name is one of a copy of an object.
func madeFor(o Object, name string) bool {
	return madeIn(o, name) && strings.HasPrefix(name, prefix(o)+identity(o)+".")
}

// linkInTheMaking names the link until it takes the place of the one before.
func linkInTheMaking(o Object) string { return prefix(o) + "link" }

// key is the name of a value in a ConfigMap or Secret, as the API server has it.
var key = regexp.MustCompile(`^[-._a-zA-Z0-9]{1,253}$`)

// CheckKey says what keeps a key of an object from being the name of a file. The API server lets none of these through; what comes from
// elsewhere than an API server does not write beside the folder either.
func CheckKey(name string) error {
	if !key.MatchString(name) || name == "." || strings.HasPrefix(name, "..") {
		return fmt.Errorf("key %q cannot be the name of a file", name)
	}
	return nil
}

// checkFiles says what is wrong with an object's values.
func checkFiles(files map[string][]byte) error {
	if len(files) > MaxKeys {
		return fmt.Errorf("%d keys are more than %d", len(files), MaxKeys)
	}
	size := 0
	for name, text := range files {
		if err := CheckKey(name); err != nil {
			return err
		}
		if size += len(text); size > MaxSize {
			return fmt.Errorf("its values have more than %d bytes together", MaxSize)
		}
	}
	return nil
}
