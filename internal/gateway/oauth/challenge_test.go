package oauth

import (
	"fmt"
	"net/http"
	"testing"
)

func TestChallenges(t *testing.T) {
	for name, c := range map[string]struct {
		headers []string
		want    string
	}{
		"nothing":                        {nil, "[]"},
		"a scheme alone":                 {[]string{"DPoP"}, "[{DPoP map[]}]"},
		"parameters":                     {[]string{`Bearer realm="x", error="invalid_token"`}, "[{Bearer map[error:invalid_token realm:x]}]"},
		"two in one header":              {[]string{`DPoP algs="ES256 ES384", Bearer scope=a`}, "[{DPoP map[algs:ES256 ES384]} {Bearer map[scope:a]}]"},
		"two headers":                    {[]string{`DPoP a=1`, `Basic realm="y"`}, "[{DPoP map[a:1]} {Basic map[realm:y]}]"},
		"a comma in quotes":              {[]string{`Bearer a="1, DPoP b=2", c=3`}, "[{Bearer map[a:1, DPoP b=2 c:3]}]"},
		"an escaped quote":               {[]string{`Bearer a="say \"no\""`}, `[{Bearer map[a:say "no"]}]`},
		"a quote that does not end":      {[]string{`Bearer a="x`}, "[{Bearer map[a:x]}]"},
		"names of any case":              {[]string{`bearer SCOPE=a`}, "[{bearer map[scope:a]}]"},
		"the first of a name":            {[]string{`Bearer scope=a, scope=b`}, "[{Bearer map[scope:a]}]"},
		"spaces around the equals sign":  {[]string{`Bearer a = 1 , b= "2"`}, "[{Bearer map[a:1 b:2]}]"},
		"what is no challenge":           {[]string{`"quoted" x=1`}, "[]"},
		"a challenge of the other kind":  {[]string{`Negotiate abc==, Bearer a=1`}, "[{Negotiate map[abc:]}]"},
		"a scheme after an unknown mark": {[]string{`Bearer a=1; b=2`}, "[{Bearer map[a:1]}]"},
	} {
		h := http.Header{"Www-Authenticate": c.headers}
		if got := fmt.Sprint(Challenges(h)); got != c.want {
			t.Errorf("%s: %s, not %s", name, got, c.want)
		}
	}
}

func FuzzChallenges(f *testing.F) {
	for _, seed := range []string{`DPoP algs="ES256", Bearer scope="a b"`, `Bearer a="\`, `=,=`, `a b=c=d`, `Negotiate abc==`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, header string) {
		for _, c := range Challenges(http.Header{"Www-Authenticate": {header}}) {
			if c.Scheme == "" {
				t.Fatalf("%q: a challenge without a scheme", header)
			}
			for name := range c.Parameters {
				if name == "" {
					t.Fatalf("%q: a parameter without a name", header)
				}
			}
		}
	})
}
