package config

import (
	"errors"
	"net/url"
	"slices"
	"strings"

	"github.com/agentward/terraform-provider-agent/internal/gateway/rpc"
	"github.com/agentward/terraform-provider-agent/internal/gateway/written"
)

// services reads what a target of gRPC has, and no other.
func (r *reading) services(t *written.Target, to *Target) {
	if t.Protocol != "grpc" {
		if t.Services != nil {
			r.wrong(t.ServicesAt, t.At, "Not a target of gRPC", "Only a target with protocol = \"grpc\" has services.")
		}
		if t.Descriptors != "" {
			r.wrong(t.DescriptorsAt, t.At, "Not a target of gRPC", "Only a target with protocol = \"grpc\" has descriptors.")
		}
		return
	}
	if len(t.Services) == 0 {
		r.wrong(t.ServicesAt, t.At, "No services", "Name those that agents call here, such as [\"shop.v1.Orders\"]: their methods are paths of the listener, \"/shop.v1.Orders/Place\".")
	}
	for i, s := range t.Services {
		if _, ok := rpc.Method("/" + s + "/m"); !ok {
			r.wrong(t.ServicesAt, t.At, "Not a service", "%q: write its full name, package and all, such as \"shop.v1.Orders\".", s)
		}
		if slices.Contains(t.Services[:i], s) {
			r.wrong(t.ServicesAt, t.At, "Service is there twice", "%q stands twice.", s)
		}
	}
	if u, err := url.Parse(t.URL); err == nil && (strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.ForceQuery) {
		r.wrong(t.URLAt, t.At, "Not a URL of a target", "%q: gRPC has no path below which services are. Use one such as \"https://orders.example.org\".", redacted(t.URL))
	}
	for _, other := range r.Targets {
		for _, s := range t.Services {
			if slices.Contains(other.Services, s) {
				r.wrong(t.ServicesAt, t.At, "Service is taken", "Target %q has %q already.", other.Name, s)
			}
		}
	}
	to.Services = t.Services
	if t.Descriptors == "" {
		return
	}
	file := r.within(t.Descriptors)
	r.Files = append(r.Files, file)
	set, err := r.source.Read(file, rpc.MaxDescriptors)
	if errors.Is(err, ErrLater) {
		return
	}
	if err == nil {
		to.Descriptors, err = rpc.NewDescriptors(set)
	}
	if err != nil {
		r.wrong(t.DescriptorsAt, t.At, "Descriptors cannot be used",
			"%s: %v. Write one with protoc --include_imports --descriptor_set_out=%s, or buf build -o %s.", file, err, t.Descriptors, t.Descriptors)
		return
	}
	for _, s := range t.Services {
		// Health, reflection and their like are gRPC's own, and decided on by their methods.
		if !to.Descriptors.Has(s) && !strings.HasPrefix(s, "grpc.") {
			r.wrong(t.ServicesAt, t.At, "Service is not described", "%s has no service %q. Without it the messages could not be read; describe it, or give it a target of its own.", file, s)
		}
	}
}
