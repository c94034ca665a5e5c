package spec

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// The trust domains of Google Cloud.
var (
	googleAgentsDomain  = regexp.MustCompile(`^agents\.global\.(org|proj)-[0-9]+\.system\.id\.goog$`)
	googleClusterDomain = regexp.MustCompile(`^([a-z0-9.:-]+)\.svc\.id\.goog$`)
	googlePoolDomain    = regexp.MustCompile(`^([a-z0-9-]+)\.global\.([0-9]+)\.workload\.id\.goog$`)
)

// IsGooglePrincipal says whether an agent of an allow is named as IAM does: "principal://..." or "principalSet://...".
func IsGooglePrincipal(agent string) bool {
	return strings.HasPrefix(agent, "principal://") || strings.HasPrefix(agent, "principalSet://")
}

// GooglePrincipal gives the IAM principal, or the set of them, that an agent of an allow is: "spiffe://...", "ns:<namespace>", "*", or
// one that is named as such already. The error says what to do where it does not follow from that.
func (g Gateway) GooglePrincipal(agent string) (string, error) {
	var project GoogleProject
	if g.Google != nil {
		if principal, ok := g.Google.Principals[agent]; ok {
			return principal, nil
		}
		project = g.Google.Project
	}
	if IsGooglePrincipal(agent) {
		return agent, nil
	}
	const give = "; give it in gcp.principals"
	id, isID := strings.CutPrefix(agent, "spiffe://")
	domain, path := g.TrustDomain, ""
	if isID {
		domain, path, _ = strings.Cut(id, "/")
	}
	if domain == "" {
		return "", fmt.Errorf("no trust_domain is set that %q could be of", agent)
	}
	pool, found := googlePool(domain, project)
	namespace, isNamespace := strings.CutPrefix(agent, "ns:")
	switch agents := googleAgentsDomain.MatchString(domain); {
	case agents && isNamespace:
		return "", fmt.Errorf("the trust domain %q has no namespaces%s", domain, give)
	case agents && agent == Everything:
		return "principalSet://" + domain + "/*", nil
	case agents && strings.HasPrefix(path, "resources/"):
		return "principal://" + domain + "/" + path, nil
	case agents:
		return "", fmt.Errorf("%q does not say which resource of Google's the agent is, as spiffe://%s/resources/aiplatform/... does%s", agent, domain, give)
	case !found && googleClusterDomain.MatchString(domain):
		return "", fmt.Errorf("nothing says the number of the project whose clusters have the trust domain %q%s", domain, give)
	case !found:
		return "", fmt.Errorf("%q is no trust domain of Google Cloud, so that no IAM principal follows from %q%s", domain, agent, give)
	case isNamespace && googleClusterDomain.MatchString(domain):
		return "principalSet://" + pool + "/namespace/" + namespace, nil
	case isNamespace:
		return "", fmt.Errorf("namespaces of the pool %q are no principals of IAM%s", domain, give)
	case agent == Everything:
		return "principalSet://" + pool + "/*", nil
	case googleWorkloadPath.MatchString(path):
		return "principal://" + pool + "/subject/" + path, nil
	}
	return "", fmt.Errorf("%q is no workload of the pool %q, as ns/<namespace>/sa/<account> is%s", agent, domain, give)
}

var googleWorkloadPath = regexp.MustCompile(`^ns/[^/]+/sa/[^/]+$`)

// googlePool gives the workload identity pool that a trust domain is, as principals begin with it. That of a project's clusters bears
// the trust domain's name.
func googlePool(domain string, project GoogleProject) (string, bool) {
	number, id := "", domain
	if match := googlePoolDomain.FindStringSubmatch(domain); match != nil {
		id, number = match[1], match[2]
	}
	if match := googleClusterDomain.FindStringSubmatch(domain); match != nil && match[1] == project.ID {
		number = project.Number
	}
	return "iam.googleapis.com/projects/" + number + "/locations/global/workloadIdentityPools/" + id, number != ""
}

var googlePoolSubject = regexp.MustCompile(`^principal://iam\.googleapis\.com/projects/([0-9]+)/locations/global/workloadIdentityPools/([a-z0-9.:-]+)/subject/(ns/[^/]+/sa/[^/]+)$`)

// GoogleSPIFFEID gives the SPIFFE ID in the certificate of an agent of an allow that is "spiffe://..." or "principal://...". False
// where it is not one agent, or where nothing says what stands in its certificate.
func GoogleSPIFFEID(agent string) (string, bool) {
	if strings.HasPrefix(agent, "spiffe://") {
		return agent, true
	}
	if match := googlePoolSubject.FindStringSubmatch(agent); match != nil {
		number, pool, path := match[1], match[2], match[3]
		if !googleClusterDomain.MatchString(pool) {
			pool += ".global." + number + ".workload.id.goog"
		}
		return "spiffe://" + pool + "/" + path, true
	}
	id, isPrincipal := strings.CutPrefix(agent, "principal://")
	domain, _, _ := strings.Cut(id, "/")
	return "spiffe://" + id, isPrincipal && googleAgentsDomain.MatchString(domain)
}

// Address gives the authority and the path of a target's URL as requests to it have them: in lower case, without a port that is
// the scheme's own, and without a slash at the end of the path.
func (t Target) Address() (authority, path string, err error) {
	scheme, rest, found := strings.Cut(t.URL, "://")
	if !found || scheme != "https" && scheme != "http" {
		return "", "", errors.New("is no http or https URL")
	}
	authority, path, _ = strings.Cut(rest, "/")
	authority = strings.ToLower(authority)
	if scheme == "https" {
		authority = strings.TrimSuffix(authority, ":443")
	} else {
		authority = strings.TrimSuffix(authority, ":80")
	}
	if authority == "" || strings.ContainsAny(authority, "@?#\\ ") || strings.ContainsAny(path, "?#\\ ") {
		return "", "", errors.New("is no URL of a host and a path")
	}
	path = strings.TrimRight(path, "/")
	if path != "" {
		path = "/" + path
	}
	return authority, path, nil
}
