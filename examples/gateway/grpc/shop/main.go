// Command shop is a service of gRPC and a client of it, for the example of gRPC. The client is an agent: it connects with its SVID.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spiffe/go-spiffe/v2/spiffetls/tlsconfig"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/status"

	"github.com/agentward/terraform-provider-agent/examples/gateway/grpc/shop/shopv1"
	"github.com/agentward/terraform-provider-agent/internal/gateway/devauthority"
)

func main() {
	listen := flag.String("listen", "", "`address` to serve on")
	call := flag.String("call", "", "`address` of the gateway to place orders at: each is an argument, item=cents")
	keys := flag.String("keys", "examples/gateway/grpc/.agentward", "`folder` of the gateway's development authority, which issues the client's SVID")
	flag.Parse()
	if *listen != "" {
		log.Fatal(serve(*listen))
	}
	if err := order(*call, *keys, flag.Args()); err != nil {
		fmt.Println(status.Convert(err).Code(), status.Convert(err).Message())
		os.Exit(1)
	}
}

// shop sells whatever is asked for.
type shop struct {
	shopv1.UnimplementedOrdersServer
}

func receipt(o *shopv1.Order) *shopv1.Receipt {
	return &shopv1.Receipt{Text: fmt.Sprintf("%s for %d.%02d euro", o.GetItem(), o.GetCents()/100, o.GetCents()%100)}
}

// Place implements shopv1.OrdersServer.
func (shop) Place(_ context.Context, o *shopv1.Order) (*shopv1.Receipt, error) {
	return receipt(o), nil
}

// PlaceAll implements shopv1.OrdersServer.
func (shop) PlaceAll(stream grpc.BidiStreamingServer[shopv1.Order, shopv1.Receipt]) error {
	for {
		o, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := stream.Send(receipt(o)); err != nil {
			return err
		}
	}
}

func serve(address string) error {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	server := grpc.NewServer()
	shopv1.RegisterOrdersServer(server, shop{})
	log.Printf("orders on %s", address)
	return server.Serve(l)
}

// order places orders in one stream, as the agent demo/buyer.
func order(address, keys string, orders []string) error {
	authority, err := devauthority.Open(keys, "example.org", time.Now)
	if err != nil {
		return err
	}
	id, err := authority.Agent("demo", "buyer", "")
	if err != nil {
		return err
	}
	source, err := authority.Source(id) // in production workloadapi.NewX509Source
	if err != nil {
		return err
	}
	secure := tlsconfig.MTLSClientConfig(source, source, tlsconfig.AuthorizeMemberOf(authority.TrustDomain()))
	connection, err := grpc.NewClient(address, grpc.WithTransportCredentials(credentials.NewTLS(secure)))
	if err != nil {
		return err
	}
	defer connection.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	stream, err := shopv1.NewOrdersClient(connection).PlaceAll(ctx)
	if err != nil {
		return err
	}
	for _, o := range orders {
		item, price, _ := strings.Cut(o, "=")
		cents, err := strconv.ParseInt(price, 10, 64)
		if err != nil {
			return fmt.Errorf("%q is not of the form item=cents: %w", o, err)
		}
		// Where the gateway has ended the stream, Recv says why.
		if err := stream.Send(&shopv1.Order{Item: item, Cents: cents}); err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		got, err := stream.Recv()
		if err != nil {
			return err
		}
		fmt.Println(got.GetText())
	}
	return stream.CloseSend()
}
