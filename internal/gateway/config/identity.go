package config

import (
	"os"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/spiffe/go-spiffe/v2/spiffeid"
)

type authority struct {
	TrustDomain   string    `hcl:"trust_domain"`
	TrustDomainAt hcl.Range `hcl:"trust_domain,attr_value_range"`
	Directory     string    `hcl:"directory"`
	At            hcl.Range `hcl:",def_range"`
}

type identity struct {
	Certificate string    `hcl:"certificate"`
	Key         string    `hcl:"key"`
	At          hcl.Range `hcl:",def_range"`
}

type trust struct {
	Domain   string    `hcl:"trust_domain,label"`
	Bundle   string    `hcl:"bundle"`
	BundleAt hcl.Range `hcl:"bundle,attr_value_range"`
	At       hcl.Range `hcl:",def_range"`
}

type tokenService struct {
	Secret     string    `hcl:"secret_file,optional"`
	Lifetime   string    `hcl:"lifetime,optional"`
	LifetimeAt hcl.Range `hcl:"lifetime,attr_value_range"`
	At         hcl.Range `hcl:",def_range"`
}

func (r *reading) identities(f *file) {
	if a := f.Authority; a != nil {
		if _, err := spiffeid.TrustDomainFromString(a.TrustDomain); err != nil {
			r.wrong(a.TrustDomainAt, a.At, "Not a trust domain", "%q: %v. Use a name such as \"example.org\".", a.TrustDomain, err)
		}
		r.Authority = &Authority{TrustDomain: a.TrustDomain, Directory: r.within(a.Directory)}
	}
	if i := f.Identity; i != nil {
		r.Identity = &Identity{Certificate: r.within(i.Certificate), Key: r.within(i.Key)}
		r.Files = append(r.Files, r.Identity.Certificate, r.Identity.Key)
	}
	seen := map[string]bool{}
	if f.Authority != nil {
		seen[f.Authority.TrustDomain] = true
	}
	for _, t := range f.Trust {
		if _, err := spiffeid.TrustDomainFromString(t.Domain); err != nil {
			r.wrong(t.At, t.At, "Not a trust domain", "%q: %v. Use a name such as \"example.org\".", t.Domain, err)
		}
		if seen[t.Domain] {
			r.wrong(t.At, t.At, "Trust domain is there twice", "%q has a bundle already. Bundles of one trust domain belong in one file.", t.Domain)
		}
		seen[t.Domain] = true
		bundle := r.within(t.Bundle)
		if _, err := os.Stat(bundle); err != nil {
			r.wrong(t.BundleAt, t.At, "Bundle cannot be read", "%v. Name a file with the trust domain's certificates in PEM.", err)
		}
		r.Trust = append(r.Trust, Trust{Domain: t.Domain, Bundle: bundle})
		r.Files = append(r.Files, bundle)
	}
	if s := f.TokenService; s != nil {
		r.TokenService = &TokenService{SecretFile: r.within(s.Secret), Lifetime: 5 * time.Minute}
		if s.Lifetime != "" {
			r.duration(&r.TokenService.Lifetime, s.Lifetime, s.LifetimeAt, time.Hour)
		}
	}
}
