package gcp

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/agentward/terraform-provider-agent/internal/spec"
	"github.com/agentward/terraform-provider-agent/internal/stack"
	"github.com/agentward/terraform-provider-agent/internal/stack/gcp/registry"
)

// The services whose resources a gateway has, beside those of an identity.
const (
	networkServices = "networkservices.googleapis.com"
	networkSecurity = "networksecurity.googleapis.com"
	modelArmor      = "modelarmor.googleapis.com"
	identityProxy   = "iap.googleapis.com"
)

// Gateway gives all objects of a gateway on Google Cloud in the order in which they are to be applied, which is that of what names what,
// and the one in which an apply that is cut off leaves the gateway closed: the policy that denies what nothing permits stands right
// after the gateway itself, what asks and inspects before what permits, and what denies before what allows. Taken away in the other
// direction, permissions go first and the denial last. The gateway must be valid (spec.Gateway.ValidateGoogle).
//
// In audit nothing is to be denied. IAP then decides and records without denying (DRY_RUN), and a Model Armor template that is made
// inspects alone. AuthzPolicies have nothing like it: those that deny (DENY_BY_DEFAULT, rules, extensions of one's own) are not there
// at all while the gateway audits. A Model Armor template that exists says itself whether it blocks.
func Gateway(g spec.Gateway) ([]stack.Object, error) {
	r := googleGateway{Gateway: g, google: *g.Google}
	objects := slices.Concat(r.template(), []stack.Object{r.agentGateway()}, r.denyByDefault())
	services, err := r.services()
	if err != nil {
		return nil, err
	}
	objects = append(objects, services...)
	for _, render := range []func() ([]stack.Object, error){r.extensions, r.rules, r.access} {
		more, err := render()
		if err != nil {
			return nil, err
		}
		objects = append(objects, more...)
	}
	objects = append(objects, r.registryBindings()...)
	return objects, distinct(objects)
}

// distinct says which two objects have one name: ids are made of names, and two of them may meet.
func distinct(objects []stack.Object) error {
	seen := map[stack.Key]bool{}
	for _, o := range objects {
		if seen[o.Key] {
			return fmt.Errorf("two things of the gateway are both to be %s: give one of them another name or id", o.Key.Describe())
		}
		seen[o.Key] = true
	}
	return nil
}

// googleGateway is one that is being rendered.
type googleGateway struct {
	spec.Gateway
	google spec.GoogleGateway
}

// id is that of something of the gateway.
func (g googleGateway) id(words ...string) string {
	return registry.ID(append([]string{registry.GatewayID(g.Gateway)}, words...)...)
}

// in names a resource in the gateway's project and location, relatively.
func (g googleGateway) in(collection, id string) string {
	return "projects/" + g.google.Project.ID + "/locations/" + g.google.Project.Location + "/" + collection + "/" + id
}

// name is the gateway's own.
func (g googleGateway) name() string { return g.in("agentGateways", registry.GatewayID(g.Gateway)) }

// managed says whether Google runs the gateway, rather than proxies of one's own.
func (g googleGateway) managed() bool {
	return g.google.DataPlane == "" || g.google.DataPlane == spec.GoogleManaged
}

// accessPath is the mode in Google's words.
func (g googleGateway) accessPath() string { return strings.ToUpper(string(g.Mode)) }

// labelled adds the gateway's labels to a body.
func (g googleGateway) labelled(body map[string]any, labels ...map[string]string) map[string]any {
	all := map[string]any{}
	for _, some := range append([]map[string]string{g.google.Labels}, labels...) {
		for key, value := range some {
			all[key] = value
		}
	}
	if len(all) > 0 {
		body["labels"] = all
	}
	return body
}

// duration writes a time as Google's APIs write it back, a second where it is 0.
func duration(d time.Duration) string {
	if d == 0 {
		d = time.Second
	}
	if d%time.Second == 0 {
		return fmt.Sprintf("%ds", d/time.Second)
	}
	text := fmt.Sprintf("%d.%09d", d/time.Second, d%time.Second)
	for strings.HasSuffix(text, "000") {
		text = strings.TrimSuffix(text, "000")
	}
	return text + "s"
}
