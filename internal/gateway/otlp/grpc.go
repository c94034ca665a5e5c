package otlp

import (
	"context"
	"crypto/tls"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/encoding/gzip"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
)

// overGRPC is OTLP/gRPC.
type overGRPC struct{ connection *grpc.ClientConn }

func newGRPC(u *url.URL, secure *tls.Config) (*overGRPC, error) {
	host := u.Host
	if u.Port() == "" {
		host += ":" + map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	security := insecure.NewCredentials()
	if secure != nil {
		security = credentials.NewTLS(secure)
	}
	connection, err := grpc.NewClient("dns:///"+host,
		grpc.WithTransportCredentials(security), grpc.WithUserAgent("agent-gateway"), grpc.WithDisableServiceConfig(), grpc.WithNoProxy(),
		grpc.WithDefaultCallOptions(grpc.UseCompressor(gzip.Name), grpc.MaxCallRecvMsgSize(largestAnswer)))
	if err != nil {
		return nil, fmt.Errorf("otlp: %w", err)
	}
	return &overGRPC{connection}, nil
}

func (w *overGRPC) export(ctx context.Context, s Signal, header http.Header, request, response proto.Message) error {
	for name, values := range header {
		for _, v := range values {
			ctx = metadata.AppendToOutgoingContext(ctx, strings.ToLower(name), v)
		}
	}
	err := w.connection.Invoke(ctx, s.method, request, response)
	if err == nil {
		return nil
	}
	told := status.Convert(err)
	e := &Error{Retryable: true, Err: fmt.Errorf("the receiver answers with %s: %s", told.Code(), told.Message())}
	switch told.Code() {
	case codes.InvalidArgument, codes.OutOfRange, codes.DataLoss:
		e.Retryable = false // as it is, it is never taken
	}
	for _, detail := range told.Details() {
		if retry, ok := detail.(*errdetails.RetryInfo); ok {
			e.After = min(retry.GetRetryDelay().AsDuration(), time.Minute)
		}
	}
	return e
}

func (w *overGRPC) close() error { return w.connection.Close() }
