// Command kars-probe runs in the pods of active probes and says what it is like there.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"

	"github.com/spiffe/go-spiffe/v2/workloadapi"

	"github.com/agentward/terraform-provider-agent/internal/kars/inside"
)

// svidTimeout bounds one try to be given an identity. The caller tries again: a pod is registered a moment after it starts.
const svidTimeout = 5 * time.Second

func main() {
	if err := serve(); err != nil {
		log.Fatal(err)
	}
}

// serve answers until the pod is stopped.
func serve() error {
	// The first process of a container is ended by no signal that it does not ask for.
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	server := &http.Server{Addr: ":" + strconv.Itoa(inside.Port), Handler: handler(), ReadHeaderTimeout: 10 * time.Second}
	go func() {
		<-ctx.Done()
		_ = server.Close() // nobody is left to tell
	}()
	if err := server.ListenAndServe(); ctx.Err() == nil {
		return err
	}
	return nil
}

func handler() http.Handler {
	instance, started, load := inside.NewInstance(), time.Now(), &inside.Load{}
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+inside.FactsPath, func(w http.ResponseWriter, _ *http.Request) { answer(w, inside.See(instance, started)) })
	mux.HandleFunc("GET "+inside.SVIDPath, func(w http.ResponseWriter, r *http.Request) { answer(w, identity(r.Context())) })
	mux.HandleFunc("GET "+inside.AskPath, func(w http.ResponseWriter, r *http.Request) {
		asking, err := inside.ReadAsking(r.URL.Query())
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		answer(w, asking.Ask(r.Context()))
	})
	mux.HandleFunc("GET "+inside.DevicesPath, func(w http.ResponseWriter, r *http.Request) {
		reach, err := inside.ReadReach(r.URL.Query())
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		answer(w, inside.SeeDevices("/dev", reach))
	})
	mux.HandleFunc("GET "+inside.BurnPath, func(http.ResponseWriter, *http.Request) { load.Burn(inside.BurnTime) })
	mux.HandleFunc("GET "+inside.MetricsPath, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; version=0.0.4")
		load.WriteMetrics(w, os.Getenv(inside.SampleVariable))
	})
	mux.HandleFunc("GET "+inside.HoldPath, func(w http.ResponseWriter, r *http.Request) {
		for n := 0; r.Context().Err() == nil; n++ {
			fmt.Fprintf(w, "%s %d\n", instance, n)
			if http.NewResponseController(w).Flush() != nil {
				return
			}
			time.Sleep(inside.Beat)
		}
	})
	return mux
}

func answer(w http.ResponseWriter, value any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(value) // a caller that has left is none to tell
}

// identity asks the Workload API, at the address that the environment names.
func identity(ctx context.Context) inside.SVID {
	ctx, cancel := context.WithTimeout(ctx, svidTimeout)
	defer cancel()
	svid, err := workloadapi.FetchX509SVID(ctx)
	if err != nil {
		return inside.SVID{Error: err.Error()}
	}
	return inside.SVID{ID: svid.ID.String(), Expires: svid.Certificates[0].NotAfter}
}
