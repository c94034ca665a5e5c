package server

import (
	"io"
	"net/http"
	"testing"
)

func TestWhatIsNoRPCIsRefused(t *testing.T) {
	g, service, _ := grpcTarget(t, interopDescriptors(t), invokeAll)
	const path = "/grpc.testing.TestService/UnaryCall"
	ok := asking("ok", 0)
	for name, c := range map[string]struct {
		response *http.Response
		status   int
		grpc     string
	}{
		"gRPC-Web":                       {g.h2("POST", path, "", "Content-Type", "application/grpc-web+proto"), 415, ""},
		"JSON":                           {g.h2("POST", path, "{}", "Content-Type", "application/json"), 415, ""},
		"a GET":                          {g.h2("GET", path, "", "Content-Type", "application/grpc"), 405, ""},
		"another spelling of the path":   {g.frame("/grpc.testing.TestService/%55naryCall", ok), 200, "12"},
		"a query":                        {g.frame(path+"?a=b", ok), 200, "12"},
		"a method that is not described": {g.frame("/grpc.testing.TestService/None", ok), 200, "12"},
		"messages of another sort":       {g.frame(path, ok, "Content-Type", "application/grpc+json"), 415, ""},
		"a timeout that is none":         {g.frame(path, ok, "Grpc-Timeout", "soon"), 200, "3"},
		"two timeouts":                   {g.frame(path, ok, "Grpc-Timeout", "1S", "Grpc-Timeout", "2S"), 200, "3"},
		"no message":                     {g.h2("POST", path, "", "Content-Type", "application/grpc"), 200, "3"},
		"two messages":                   {g.h2("POST", path, "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00", "Content-Type", "application/grpc"), 200, "3"},
		"half a message":                 {g.h2("POST", path, "\x00\x00\x00\x00\x09ab", "Content-Type", "application/grpc"), 200, "3"},
		"a field that is not described":  {g.h2("POST", path, "\x00\x00\x00\x00\x03\xf8\x7f\x01", "Content-Type", "application/grpc"), 200, "3"},
		"a field that stands twice":      {g.h2("POST", path, "\x00\x00\x00\x00\x04\x10\x01\x10\x02", "Content-Type", "application/grpc"), 200, "3"},
		"a compression that is not read": {g.h2("POST", path, "\x01\x00\x00\x00\x01a", "Content-Type", "application/grpc", "Grpc-Encoding", "snappy"), 200, "12"},
	} {
		t.Run(name, func(t *testing.T) {
			defer c.response.Body.Close()
			if c.response.StatusCode != c.status || c.response.Header.Get("Grpc-Status") != c.grpc {
				t.Errorf("gives %d %v", c.response.StatusCode, c.response.Header)
			}
		})
	}
	if got := service.seen.take(); len(got) > 0 {
		t.Errorf("the target got %q", got)
	}
	if status, body := g.raw("POST " + path + " HTTP/1.1\nHost: gateway\nContent-Type: application/grpc\nContent-Length: 0\nConnection: close\n\n"); status != http.StatusHTTPVersionNotSupported {
		t.Errorf("HTTP/1.1 gives %d %s", status, body)
	}
	response := g.frame(path, ok)
	defer response.Body.Close()
	if _, err := io.ReadAll(response.Body); err != nil || response.Trailer.Get("Grpc-Status") != "0" || len(service.seen.take()) != 1 {
		t.Errorf("the control gives %v %v", err, response.Trailer)
	}
}
