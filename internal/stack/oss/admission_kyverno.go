package oss

import (
	"encoding/base64"
	"maps"

	"github.com/agentward/terraform-provider-agent/internal/spec"
	"github.com/agentward/terraform-provider-agent/internal/stack"
)

const kyvernoGroup = "policies.kyverno.io"

// kyvernoPolicies renders a ValidatingPolicy for what CEL can see in a pod, and an ImageValidatingPolicy for signatures,
// preceded by the Secret that it reads them with.
func kyvernoPolicies(p spec.AdmissionPolicy, list []rule) []stack.Object {
	var objects []stack.Object
	if len(list) > 0 {
		content := kyvernoSpec(p)
		content["variables"] = variables(p)
		content["validations"] = validations(p, list)
		// The rules speak of pods. Checking the templates of workloads too would need a second form of each rule, and the
		// ValidatingAdmissionPolicy that Kyverno can derive drops the failure policy.
		content["autogen"] = map[string]any{
			"podControllers":            map[string]any{"controllers": []any{}},
			"validatingAdmissionPolicy": map[string]any{"enabled": false},
		}
		key := stack.Key{Group: kyvernoGroup, Version: "v1", Kind: "ValidatingPolicy", Name: p.Name}
		objects = append(objects, object(p, key, map[string]any{"spec": content}))
	}
	if s := p.Rules.SignedImages; s != nil {
		if s.Registry != nil {
			objects = append(objects, registrySecret(p, *s.Registry))
		}
		objects = append(objects, imagePolicy(p, *s))
	}
	return objects
}

// kyvernoSpec is what the kinds of Kyverno policies share. Background evaluation is what fills the reports on pods that
// were there before.
func kyvernoSpec(p spec.AdmissionPolicy) map[string]any {
	return map[string]any{
		"validationActions": validationActions(p.Actions),
		"failurePolicy":     failurePolicy(p),
		"matchConstraints":  matchConstraints(p),
		"evaluation": map[string]any{
			"admission":  map[string]any{"enabled": true},
			"background": map[string]any{"enabled": true},
		},
	}
}

// imagePolicy asks for a signature on every image that one of the patterns matches, and pins its tag to the digest that was
// verified, so that what runs is what was signed. An update that changes an image has all of the pod's images verified.
//
// Kyverno v1.19.1 answers no request about a pod that has one image twice and then another one that matches as well: its image
// cache (kyverno/sdk, imagedataloader) does not give back a lock. The request times out, and is refused where the policy
// fails closed.
func imagePolicy(p spec.AdmissionPolicy, s spec.SignedImages) stack.Object {
	content := kyvernoSpec(p)
	// An update that leaves the images alone is let through: a registry that is down must not stop the labelling of a pod.
	matchConditions := []any{map[string]any{
		"name": "images-change",
		"expression": `request.operation != "UPDATE" || ` + imageNames("object", "containers") + ` != ` + imageNames("oldObject", "containers") +
			` || ` + imageNames("object", "initContainers") + ` != ` + imageNames("oldObject", "initContainers") +
			` || ` + imageNames("object", "ephemeralContainers") + ` != ` + imageNames("oldObject", "ephemeralContainers"),
	}}
	if len(p.Exceptions) > 0 {
		matchConditions = append(matchConditions, map[string]any{
			"name": "not-excepted", "expression": "!(\n" + excepted(p.Exceptions) + "\n)",
		})
	}
	content["matchConditions"] = matchConditions
	globs := make([]any, len(s.Images))
	for i, glob := range s.Images {
		globs[i] = map[string]any{"glob": glob}
	}
	content["matchImageReferences"] = globs
	content["attestors"] = []any{map[string]any{"name": "signer", "cosign": cosign(s)}}
	var checks []any
	for _, field := range []string{"containers", "initContainers", "ephemeralContainers"} {
		checks = append(checks, map[string]any{
			"expression": "images." + field + ".map(image, verifyImageSignatures(image, [attestors.signer])).all(e, e > 0)",
			"message":    "signed-images: every image of spec." + field + " must carry a signature of the approved signer",
		})
	}
	content["validations"] = checks
	content["validationConfigurations"] = map[string]any{"mutateDigest": true, "verifyDigest": true, "required": true}
	content["autogen"] = map[string]any{"podControllers": map[string]any{"controllers": []any{}}}
	if s.Registry != nil {
		content["credentials"] = map[string]any{"secrets": []any{secretName(p)}}
	}
	key := stack.Key{Group: kyvernoGroup, Version: "v1", Kind: "ImageValidatingPolicy", Name: p.Name}
	return object(p, key, map[string]any{"spec": content})
}

func imageNames(pod, field string) string {
	list := pod + ".spec." + field
	return `(has(` + list + `) ? ` + list + `.map(c, c.image) : [])`
}

func cosign(s spec.SignedImages) map[string]any {
	c := map[string]any{}
	if s.Keyless != nil {
		c["keyless"] = map[string]any{"identities": []any{map[string]any{"issuer": s.Keyless.Issuer, "subject": s.Keyless.Subject}}}
	} else {
		c["key"] = map[string]any{"data": s.PublicKey}
	}
	log := map[string]any{}
	if s.RekorURL != "" {
		log["url"] = s.RekorURL
	}
	if s.IgnoreTlog {
		log["insecureIgnoreTlog"] = true
	}
	if len(log) > 0 {
		c["ctlog"] = log
	}
	return c
}

// PasswordVersionAnnotation holds the version of the password in a Secret.
const PasswordVersionAnnotation = "agentward.dev/password-version"

// registrySecret holds the credentials as Docker's configuration does, in Kyverno's own namespace.
func registrySecret(p spec.AdmissionPolicy, c spec.RegistryCredentials) stack.Object {
	login := map[string]any{
		"username": c.Username,
		"password": c.Password,
		"auth":     base64.StdEncoding.EncodeToString([]byte(c.Username + ":" + c.Password)),
	}
	// Encoding strings and maps of them cannot fail.
	config, _ := stack.CanonicalJSON(map[string]any{"auths": map[string]any{c.Server: login}})
	if c.Version != "" {
		annotations := map[string]string{}
		maps.Copy(annotations, p.Annotations)
		annotations[PasswordVersionAnnotation] = c.Version
		p.Annotations = annotations
	}
	key := stack.Key{Version: "v1", Kind: "Secret", Namespace: c.Namespace, Name: secretName(p)}
	secret := object(p, key, map[string]any{
		"type": "kubernetes.io/dockerconfigjson",
		"data": map[string]any{".dockerconfigjson": base64.StdEncoding.EncodeToString([]byte(config))},
	})
	secret.Secret = true
	return secret
}

func secretName(p spec.AdmissionPolicy) string {
	return p.Name + "-registry"
}
