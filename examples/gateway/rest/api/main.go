// Command api is a small API of customers, for the example of REST.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"net/http"
	"time"
)

func main() {
	address := flag.String("listen", "127.0.0.1:3002", "`address` to listen on")
	flag.Parse()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/customers/{id}", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, `{"id": %s, "name": "Alice"}`+"\n", r.PathValue("id"))
	})
	mux.HandleFunc("POST /v1/customers/{id}/refunds", func(w http.ResponseWriter, r *http.Request) {
		var refund struct{ Amount int }
		if err := json.NewDecoder(r.Body).Decode(&refund); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		fmt.Fprintf(w, "%d euro go back to customer %s\n", refund.Amount, r.PathValue("id"))
	})
	log.Printf("customers on http://%s/v1", *address)
	server := &http.Server{Addr: *address, Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	log.Fatal(server.ListenAndServe())
}
