package spec

import (
	"crypto/x509"
	"encoding/pem"
	"net/url"
	"regexp"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"
)

// The grammar of github.com/distribution/reference, with the registry made mandatory: what "nginx" means is for each node's
// runtime to say.
var (
	registryPattern   = regexp.MustCompile(`^(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*|\[[A-Fa-f0-9:]+\])(?::[0-9]+)?$`)
	repositoryPattern = regexp.MustCompile(`^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$`)
	tagPattern        = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$`)
	digestPattern     = regexp.MustCompile(`^(?:sha256:[a-f0-9]{64}|sha512:[a-f0-9]{128})$`)
)

// registry checks a prefix of images: a registry, and optionally the beginning of a path in it.
func (v *admissionValidator) registry(path []any, prefix string) {
	host, repository, _ := strings.Cut(strings.TrimSuffix(prefix, "/"), "/")
	switch {
	case strings.Contains(prefix, "://"):
		v.add(path, "%q must not have a scheme: write it as images do, as in \"registry.example.org/agents\"", prefix)
	case strings.Contains(prefix, "*"):
		v.add(path, "%q must not have a wildcard: every image below the prefix is allowed already", prefix)
	case !v.host(path, prefix, host):
	case repository != "" && !repositoryPattern.MatchString(repository):
		v.add(path, "%q is no prefix of an image: after the registry come names in lower case, without tag or digest", prefix)
	}
}

// image checks a repository, or an image of it by tag, digest or both.
func (v *admissionValidator) image(path []any, image string) {
	name, digest, hasDigest := strings.Cut(image, "@")
	host, rest, _ := strings.Cut(name, "/")
	repository, tag, hasTag := strings.Cut(rest, ":")
	switch {
	case strings.Contains(image, "://"):
		v.add(path, "%q must not have a scheme: write it as pods do", image)
	case strings.Contains(image, "*"):
		v.add(path, "%q must not have a wildcard: a repository without tag allows all of its tags", image)
	case !strings.Contains(name, "/"):
		v.add(path, "%q is no image of a registry: write both out, as in \"registry.example.org/mcp/files:1.2\"", image)
	case !v.host(path, image, host):
	case !repositoryPattern.MatchString(repository):
		v.add(path, "%q is no image: after the registry come names in lower case", image)
	case host == "docker.io" && !strings.Contains(repository, "/") && (hasTag || hasDigest):
		v.add(path, "%q is an official image: write docker.io/library/%s", image, strings.TrimPrefix(image, "docker.io/"))
	case hasTag && !tagPattern.MatchString(tag):
		v.add(path, "%q has no valid tag", image)
	case hasDigest && !digestPattern.MatchString(digest):
		v.add(path, "%q has no valid digest: it is sha256: and 64 hexadecimal digits", image)
	}
}

// host checks what stands before the first slash, and that container runtimes would take it for a registry.
func (v *admissionValidator) host(path []any, image, host string) bool {
	switch {
	case !strings.ContainsAny(host, ".:") && host != "localhost":
		v.add(path, "%q does not name its registry: write it out, as in \"docker.io/library/nginx\" or \"registry.example.org/agents\"", image)
	case strings.ToLower(host) != host:
		v.add(path, "%q has capitals in its registry: write %s", image, strings.ToLower(host))
	case host == "index.docker.io":
		v.add(path, "%q uses the old name of Docker Hub: write docker.io", image)
	case !registryPattern.MatchString(host):
		v.add(path, "%q does not start with a registry: %q is no host with an optional port", image, host)
	default:
		return true
	}
	return false
}

func (v *admissionValidator) signedImages(path []any, s SignedImages) {
	if v.policy.Engine != EngineKyverno {
		v.add(path, "engine %q cannot verify signatures, only %q can: move this rule to a policy of that engine", v.policy.Engine, EngineKyverno)
	}
	if len(s.Images) == 0 {
		v.add(at(path, "images"), "is empty: name the images whose signature to verify, as in \"registry.example.org/agents/*\"")
	}
	for i, glob := range s.Images {
		if glob == "" || strings.ContainsAny(glob, " \t\r\n") {
			v.add(at(path, "images"), "%q is no image pattern: write an image, with * for any characters", glob)
		}
		v.duplicate(at(path, "images"), s.Images, i)
	}
	switch {
	case s.PublicKey == "" && s.Keyless == nil:
		v.add(path, "does not say who signs: set public_key or keyless")
	case s.PublicKey != "" && s.Keyless != nil:
		v.add(path, "has both public_key and keyless: they exclude each other, use a policy for each")
	case s.PublicKey != "":
		v.publicKey(at(path, "public_key"), s.PublicKey)
	default:
		v.keyless(at(path, "keyless"), *s.Keyless)
	}
	if s.IgnoreTlog && s.Keyless != nil {
		v.add(at(path, "ignore_tlog"), "cannot be set with keyless: its certificates live for minutes, and only the log shows that they were valid when the image was signed")
	}
	if s.IgnoreTlog && s.RekorURL != "" {
		v.add(at(path, "ignore_tlog"), "contradicts rekor_url: leave one out")
	}
	if s.RekorURL != "" {
		v.url(at(path, "rekor_url"), s.RekorURL)
	}
	if s.Registry != nil {
		v.credentials(at(path, "registry_credentials"), *s.Registry)
	}
}

// publicKey never repeats the text: people paste private keys by mistake.
func (v *admissionValidator) publicKey(path []any, text string) {
	block, rest := pem.Decode([]byte(text))
	switch {
	case block == nil:
		v.add(path, "is no PEM: it starts with -----BEGIN PUBLIC KEY-----, as cosign.pub does")
	case strings.Contains(block.Type, "PRIVATE KEY"):
		v.add(path, "is a private key: give the public one, and replace the key pair, as this one is now in your configuration")
	case block.Type != "PUBLIC KEY":
		v.add(path, "is a PEM of type %q: it must be a PUBLIC KEY, as cosign.pub is", block.Type)
	case strings.TrimSpace(string(rest)) != "":
		v.add(path, "has more than one PEM block: give one key")
	default:
		if _, err := x509.ParsePKIXPublicKey(block.Bytes); err != nil {
			v.add(path, "is no public key: %v", err)
		}
	}
}

func (v *admissionValidator) keyless(path []any, k KeylessIdentity) {
	if k.Issuer == "" {
		v.add(at(path, "issuer"), "is empty: name the OIDC issuer, as in \"https://token.actions.githubusercontent.com\"")
	} else {
		v.url(at(path, "issuer"), k.Issuer)
	}
	if k.Subject == "" {
		v.add(at(path, "subject"), "is empty, which would accept anyone whom the issuer knows: name the subject")
	}
}

func (v *admissionValidator) url(path []any, text string) {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") {
		v.add(path, "%q is no URL: it starts with https:// and a host", text)
	} else if u.User != nil {
		v.add(path, "must not carry credentials")
	}
}

func (v *admissionValidator) credentials(path []any, c RegistryCredentials) {
	if c.Server == "" || strings.Contains(c.Server, "://") {
		v.add(at(path, "server"), "%q is no registry: write its host, as in \"registry.example.org\"", c.Server)
	}
	if c.Username == "" {
		v.add(at(path, "username"), "is empty")
	} else if strings.Contains(c.Username, ":") {
		v.add(at(path, "username"), "must not contain a colon, which separates it from the password")
	}
	if c.Password == "" {
		v.add(at(path, "password"), "is empty")
	}
	if msgs := validation.IsDNS1123Label(c.Namespace); len(msgs) > 0 {
		v.add(at(path, "namespace"), "%q cannot name a namespace: %s. Use the one that Kyverno runs in, \"kyverno\" by default", c.Namespace, msgs[0])
	}
}
