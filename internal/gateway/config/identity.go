package config

import (
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/spiffe/go-spiffe/v2/spiffeid"

	"github.com/agentward/terraform-provider-agent/internal/gateway/workload"
	"github.com/agentward/terraform-provider-agent/internal/gateway/written"
)

// Authority is a development authority, which issues identities on this machine.
type Authority struct {
	TrustDomain string
	Directory   string // keeps its key and what it issues
}

// Identity is where the gateway's own certificate comes from: two files, which are read anew when they change, or the SPIFFE Workload API.
type Identity struct {
	Certificate, Key string
	WorkloadAPI      string        // its address, "" for files
	SPIFFEID         string        // of the SVID where the Workload API has several, "" for its first
	Wait             time.Duration // how long the start waits for it
}

// ownIdentity reads what the gateway shows of itself.
func (r *reading) ownIdentity(f *written.File) {
	if a := f.Authority; a != nil {
		if _, err := spiffeid.TrustDomainFromString(a.TrustDomain); err != nil {
			r.wrong(a.TrustDomainAt, a.At, "Not a trust domain", "%q: %v. Use a name such as \"example.org\".", a.TrustDomain, err)
		}
		r.Authority = &Authority{TrustDomain: a.TrustDomain, Directory: r.within(a.Directory)}
	}
	i := f.Identity
	switch {
	case i == nil:
		return
	case i.WorkloadAPI != "":
		r.workloadAPI(f, i)
		return
	case i.Certificate == "" || i.Key == "":
		r.wrong(i.At, i.At, "Identity is not whole", "Give certificate and key, which are files, or workload_api.")
	case i.SPIFFEID != "" || i.Wait != "":
		r.wrong(i.SPIFFEIDAt, i.At, "Not of files", "spiffe_id and wait go with workload_api: the certificate says whose it is.")
	}
	r.Identity = &Identity{Certificate: r.within(i.Certificate), Key: r.within(i.Key)}
	r.Files = append(r.Files, r.Identity.Certificate, r.Identity.Key)
}

func (r *reading) workloadAPI(f *written.File, i *written.Identity) {
	if err := workload.Check(i.WorkloadAPI); err != nil {
		r.wrong(i.WorkloadAPIAt, i.At, "Not an address of the Workload API", "%q: %v. Use one such as \"unix:///run/spire/agent.sock\".", i.WorkloadAPI, err)
	}
	if i.Certificate != "" || i.Key != "" {
		r.wrong(i.WorkloadAPIAt, i.At, "Identity from one place", "Give either certificate and key, or workload_api.")
	}
	if f.Authority != nil {
		r.wrong(i.WorkloadAPIAt, i.At, "Identity from one place", "There is a development_authority already: it is for machines without the Workload API.")
	}
	r.Identity = &Identity{WorkloadAPI: i.WorkloadAPI, SPIFFEID: i.SPIFFEID, Wait: time.Minute}
	if i.SPIFFEID != "" {
		r.spiffeID(i.SPIFFEID, i.SPIFFEIDAt, i.At)
	}
	if i.Wait != "" {
		r.duration(&r.Identity.Wait, i.Wait, i.WaitAt, time.Hour)
	}
}

// spiffeID reads a workload's SPIFFE ID.
func (r *reading) spiffeID(id string, at, block hcl.Range) spiffeid.ID {
	read, err := spiffeid.FromString(id)
	switch {
	case err != nil:
		r.wrong(at, block, "Not a SPIFFE ID", "%q: %v. Use one such as \"spiffe://example.org/ns/payments/agent/billing\".", id, err)
	case read.Path() == "":
		r.wrong(at, block, "Not a SPIFFE ID of a workload", "%q names a trust domain. Use an ID such as \"%s/ns/payments/agent/billing\".", id, id)
	}
	return read
}

func (r *reading) identities(f *written.File) {
	r.ownIdentity(f)
	r.trust(f)
}
