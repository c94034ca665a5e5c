// Command deviceplugin is a device plugin of Kubernetes that hands out one file of its node as many times as it is told. It tells the kubelet
// that nothing is left when it is stopped.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	plugin "k8s.io/kubelet/pkg/apis/deviceplugin/v1beta1"
)

// farewell is how long the kubelet has to take in that nothing is left.
const farewell = 2 * time.Second

func main() {
	resource := flag.String("resource", "", "name of the resource")
	device := flag.String("device", "", "path of the file that is handed out, none where empty")
	count := flag.Int("count", 1, "how many there are said to be")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := serve(ctx, *resource, &handing{device: *device, count: *count, over: ctx.Done()}); err != nil {
		log.Print(err)
	}
}

// serve serves the kubelet until ctx ends.
func serve(ctx context.Context, resource string, h *handing) error {
	socket := strings.ReplaceAll(resource, "/", "-") + ".sock"
	path := filepath.Join(plugin.DevicePluginPath, socket)
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	listener, err := net.Listen("unix", path)
	if err != nil {
		return err
	}
	server := grpc.NewServer()
	plugin.RegisterDevicePluginServer(server, h)
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	if err := register(ctx, resource, socket); err != nil {
		return err
	}
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
		time.Sleep(farewell)
		server.Stop()
		return nil
	}
}

func register(ctx context.Context, resource, socket string) error {
	kubelet, err := grpc.NewClient("unix://"+plugin.KubeletSocket, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return err
	}
	defer kubelet.Close()
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	request := &plugin.RegisterRequest{Version: plugin.Version, Endpoint: socket, ResourceName: resource}
	if _, err := plugin.NewRegistrationClient(kubelet).Register(ctx, request, grpc.WaitForReady(true)); err != nil {
		return fmt.Errorf("register %s with the kubelet: %w", resource, err)
	}
	return nil
}

// handing hands out one file.
type handing struct {
	plugin.UnimplementedDevicePluginServer
	device string
	count  int
	over   <-chan struct{}
}

func (h *handing) GetDevicePluginOptions(context.Context, *plugin.Empty) (*plugin.DevicePluginOptions, error) {
	return &plugin.DevicePluginOptions{}, nil
}

func (h *handing) ListAndWatch(_ *plugin.Empty, stream grpc.ServerStreamingServer[plugin.ListAndWatchResponse]) error {
	all := &plugin.ListAndWatchResponse{}
	for i := range h.count {
		all.Devices = append(all.Devices, &plugin.Device{ID: fmt.Sprint(i), Health: plugin.Healthy})
	}
	if err := stream.Send(all); err != nil {
		return err
	}
	select {
	case <-stream.Context().Done():
		return nil
	case <-h.over:
	}
	if err := stream.Send(&plugin.ListAndWatchResponse{}); err != nil {
		return err
	}
	<-stream.Context().Done()
	return nil
}

func (h *handing) Allocate(_ context.Context, request *plugin.AllocateRequest) (*plugin.AllocateResponse, error) {
	response := &plugin.AllocateResponse{}
	for range request.ContainerRequests {
		container := &plugin.ContainerAllocateResponse{}
		if h.device != "" {
			container.Devices = []*plugin.DeviceSpec{{ContainerPath: h.device, HostPath: h.device, Permissions: "rw"}}
		}
		response.ContainerResponses = append(response.ContainerResponses, container)
	}
	return response, nil
}
