// Package grpc runs the gRPC project's own interoperability tests through the gateway.
package grpc
