package scenarios_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/agentward/terraform-provider-agent/acctest/platform/probe"
	"github.com/agentward/terraform-provider-agent/internal/gateway/audit"
)

// order is a message of gRPC: tea for less than 128 cents, so that all of its bytes are text.
func order(cents byte) string {
	return "\x00\x00\x00\x00\x07\x0a\x03tea\x10" + string(rune(cents))
}

// Methods of gRPC: only those of listed services are reached, and of these only what is permitted.
func forbiddenMethods(t *testing.T, assistant *agent) {
	t.Helper()
	a := assistant.within(t)
	access := a.token("shop")
	invoke := func(method, message string) probe.Call {
		return a.with(access, http.MethodPost, a.at(method), message, map[string]string{"Content-Type": "application/grpc", "Te": "trailers"})
	}

	if permitted := a.makes(invoke("shop.v1.Orders/Place", order(50))); permitted.Status != http.StatusOK || !strings.Contains(permitted.Body, "tea for 0.50 euro") {
		t.Fatalf("the permitted order: %+v", permitted)
	}
	a.recorded("the permitted order", a, func(r audit.Record) bool {
		return r.RPC == "shop.v1.Orders/Place" && r.Decision == "allow" && strings.Join(r.Policies, " ") == "allow.orders.methods"
	})
	const unimplemented, denied = "12", "7"
	for name, c := range map[string]struct {
		method, message string
		status          string // of gRPC
		is              func(audit.Record) bool
	}{
		"a method that is not permitted": {"shop.v1.Orders/PlaceAll", order(50), denied, func(r audit.Record) bool {
			return r.RPC == "shop.v1.Orders/PlaceAll" && r.Decision == "deny" && r.Enforced
		}},
		"an order that is too large": {"shop.v1.Orders/Place", order(51), denied, func(r audit.Record) bool {
			return r.RPC == "shop.v1.Orders/Place" && r.Decision == "deny" && r.Enforced
		}},
		"a method that nobody knows": {"shop.v1.Orders/GiveAway", order(50), unimplemented, func(r audit.Record) bool {
			return r.Event == audit.Refused && r.Target == "shop"
		}},
		"the method in other letter case": {"shop.v1.Orders/place", order(50), unimplemented, func(r audit.Record) bool {
			return r.Event == audit.Refused && r.Target == "shop"
		}},
	} {
		t.Run(name, func(t *testing.T) {
			a := a.within(t)
			fresh := a.fresh()
			answer := a.makes(invoke(c.method, c.message))
			if got := answer.Header.Get("Grpc-Status"); got != c.status || strings.Contains(answer.Body, "tea") {
				t.Fatalf("it gets %d %s, status %q of gRPC, %s", answer.Status, answer.Error, got, answer.Body)
			}
			a.recorded("the refusal", a, func(r audit.Record) bool { return c.is(r) && fresh(r) })
		})
	}
	t.Run("a service that is not listed", func(t *testing.T) {
		a := a.within(t)
		// It is nobody's, so there is nothing to decide and no target to write down.
		if answer := a.makes(invoke("grpc.reflection.v1.ServerReflection/ServerReflectionInfo", order(50))); answer.Status != http.StatusNotFound {
			t.Errorf("it gets %d %s %s", answer.Status, answer.Error, answer.Body)
		}
	})
}
